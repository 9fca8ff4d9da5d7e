package io.holdfast.proxy.admin.cli;

import io.holdfast.sync.journal.DirectoryRepair;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Keeps what is readable of a damaged data directory and says exactly what was lost. */
@Command(
        name = "repair",
        description = "Keeps what is readable of a damaged data directory, and says exactly what was lost.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing is damaged, nothing was changed",
            "1:it could not be done: the directory is in use, or the disk refuses",
            "2:something is damaged; without --dry-run it is repaired, and the lines say what is lost"
        })
public final class RepairCommand implements Callable<Integer> {
    private static final int WHOLE = 0;
    private static final int DAMAGED = 2;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the data directory (default: ~/.holdfast)")
    @Nullable Path dataDir;

    @Option(names = "--dry-run", description = "say what would be done, and change nothing")
    boolean dryRun;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() {
        Path directory = dataDir == null ? Path.of(System.getProperty("user.home"), ".holdfast") : dataDir;
        String time = LocalDateTime.now(ZoneOffset.UTC).format(TIME);
        DirectoryRepair.Report report = DirectoryRepair.run(directory, time, dryRun, new SecureRandom());
        print(directory, report);
        return report.isWhole() ? WHOLE : DAMAGED;
    }

    private void print(Path directory, DirectoryRepair.Report report) {
        PrintWriter out = spec.commandLine().getOut();
        if (report.isWhole()) {
            out.println(directory + " is as it was written: nothing to repair");
            return;
        }
        report.damaged().forEach(line -> out.println("damaged: " + line));
        report.lost().forEach(line -> out.println((dryRun ? "would be lost: " : "lost: ") + line));
        if (report.lost().isEmpty()) {
            out.println("nothing " + (dryRun ? "would be" : "is") + " lost");
        }
        if (dryRun) {
            out.println("nothing was changed; without --dry-run the readable rest is kept");
        } else {
            out.println("repaired; the files as they were are in " + report.backup());
            out.println("INFO holdfast says degraded until " + directory.resolve("degraded") + " is removed");
        }
    }
}
