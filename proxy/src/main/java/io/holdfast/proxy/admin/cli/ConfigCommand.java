package io.holdfast.proxy.admin.cli;

import io.holdfast.proxy.admin.ConfigCheck;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.ConfigDocuments;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Sources;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what a start with these flags, this environment and this file would do; starts nothing and touches no data. */
@Command(
        name = "config",
        description = "Checks and shows what a start would be told by flags, environment and file.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ConfigCommand.Check.class, ConfigCommand.Show.class})
public final class ConfigCommand {
    private static final int OK = 0;
    private static final int FAILED = 1;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** Says what is wrong. */
    @Command(
            name = "check",
            description = "Says whether a start could use it, and if not, everything that is wrong with it.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:it can be used", "1:it cannot; standard error has a line for each mistake"})
    static final class Check implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init")
        ConfigFlags flags;

        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Override
        public Integer call() {
            Sources sources = flags.sources(System.getenv());
            ConfigCheck check = ConfigCheck.of(sources);
            PrintWriter err = spec.commandLine().getErr();
            check.mistakes().forEach(mistake -> err.println("holdfast: " + mistake));
            check.warnings().forEach(warning -> err.println("warning: " + warning));
            if (!check.mistakes().isEmpty()) {
                return FAILED;
            }
            Object what = sources.file() == null ? "the configuration" : sources.file();
            spec.commandLine()
                    .getOut()
                    .println(what + " can be used" + (check.warnings().isEmpty() ? "" : "; there are warnings"));
            return OK;
        }
    }

    /** Says what counts, and why. */
    @Command(
            name = "show",
            description = "Shows every setting with its value and where that comes from; no secrets.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        private static final List<String> COLUMNS = List.of("setting", "value", "unit", "origin", "changes");

        @Mixin
        @SuppressWarnings("NullAway.Init")
        ConfigFlags flags;

        @Option(names = "--json", description = "a JSON object a line")
        boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            try {
                Configuration configuration = Configuration.read(flags.sources(System.getenv()));
                RowPrinter rows = json ? new JsonRows(out) : new TableRows(out);
                rows.columns(COLUMNS);
                configuration.shown().forEach(setting -> rows.row(row(setting)));
                rows.end();
                out.flush();
                return OK;
            } catch (BadConfigurationException e) {
                e.mistakes().forEach(mistake -> spec.commandLine().getErr().println("holdfast: " + mistake));
                return FAILED;
            }
        }

        private static List<@Nullable Object> row(Configuration.Shown setting) {
            return List.of(
                    setting.path(),
                    setting.value(),
                    setting.unit(),
                    setting.origin().toString(),
                    setting.isLive() ? "at once" : "at a start");
        }
    }

    @Command(
            name = "example",
            description = "Prints a configuration file with every key, its default and what it does.",
            mixinStandardHelpOptions = true)
    int example() {
        return print(ConfigDocuments.example());
    }

    @Command(name = "schema", description = "Prints the JSON schema of the file.", mixinStandardHelpOptions = true)
    int schema() {
        return print(ConfigDocuments.schema());
    }

    private int print(String text) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(text);
        out.flush();
        return OK;
    }
}
