package io.holdfast.proxy.admin.cli;

import io.holdfast.sync.journal.AuditTrail;
import io.holdfast.sync.journal.SyncStore;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what operators ordered, and whether the record of it is as it was written. */
@Command(
        name = "audit",
        description = "Shows what operators ordered, and whether the record of it is as it was written.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done; the trail is intact", "1:it cannot be read", "2:a row does not fit"})
public final class AuditCommand {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int MISFIT = 2;
    private static final int PAGE = 500;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Command(
            name = "verify",
            description = "Says intact, or names the first row that does not fit.",
            mixinStandardHelpOptions = true)
    int verify(
            @Option(names = "--data-dir", paramLabel = "DIR", description = "the data directory (default: ~/.holdfast)")
                    @Nullable Path dataDir) {
        return with(dataDir, (trail, out) -> {
            Optional<String> misfit = trail.firstMisfit();
            out.println(misfit.orElse("intact"));
            return misfit.isEmpty() ? OK : MISFIT;
        });
    }

    @Command(name = "list", description = "Lists what was ordered, the oldest first.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--data-dir", paramLabel = "DIR", description = "the data directory (default: ~/.holdfast)")
                    @Nullable Path dataDir) {
        return with(dataDir, (trail, out) -> {
            long after = 0;
            for (List<AuditTrail.Row> page = trail.page(0, PAGE); !page.isEmpty(); page = trail.page(after, PAGE)) {
                for (AuditTrail.Row row : page) {
                    out.println(row.id() + "  " + Instant.ofEpochMilli(row.atMs()) + "  " + row.who() + "  "
                            + row.action() + (row.detail().isEmpty() ? "" : "  " + row.detail()));
                    after = row.id();
                }
            }
            return OK;
        });
    }

    private interface Look {
        int at(AuditTrail trail, PrintWriter out);
    }

    /** Also beside a Holdfast that runs: SQLite lets others read. */
    private int with(@Nullable Path dataDir, Look look) {
        Path directory = dataDir == null ? Path.of(System.getProperty("user.home"), ".holdfast") : dataDir;
        Path file = directory.resolve(SyncStore.FILE_NAME);
        if (!Files.isRegularFile(file)) {
            spec.commandLine().getErr().println("holdfast: there is no " + file);
            return FAILED;
        }
        PrintWriter out = spec.commandLine().getOut();
        try (SyncStore store = SyncStore.open(file)) {
            return look.at(store.audit(), out);
        } finally {
            out.flush();
        }
    }
}
