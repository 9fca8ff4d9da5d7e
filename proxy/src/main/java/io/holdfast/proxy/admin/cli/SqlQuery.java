package io.holdfast.proxy.admin.cli;

import io.holdfast.engine.store.QueryException;
import io.holdfast.engine.store.TableReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows rows of the tables that keys are kept in, and of profiles' views; changes nothing. */
@Command(
        name = "sql",
        description = {
            "Asks the tables of a data directory in SQL: keyspace, string_value, … (docs/storage.md) and the views of"
                    + " profiles (docs/profiles.md). A Holdfast that runs there is asked for a checkpoint first."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the rows are on standard output", "1:it could not be answered; standard error says why"})
public final class SqlQuery implements Callable<Integer> {
    private static final int FAILED = 1;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the data directory (default: ~/.holdfast)")
    @Nullable Path dataDir;

    @ArgGroup
    @Nullable Format format;

    /** How rows are written; without any, as a table with lined-up columns. */
    static final class Format {
        @Option(names = "--json", description = "a JSON object a line")
        boolean json;

        @Option(names = "--csv", description = "comma-separated values behind a line of names (RFC 4180)")
        boolean csv;
    }

    @Parameters(paramLabel = "STATEMENT", description = "one select, with, values or explain")
    @SuppressWarnings("NullAway.Init")
    String statement;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Path directory = dataDir == null ? Path.of(System.getProperty("user.home"), ".holdfast") : dataDir;
        PrintWriter err = spec.commandLine().getErr();
        String stale = CheckpointRequest.send(directory);
        PrintWriter out = spec.commandLine().getOut();
        try (TableReader reader = TableReader.open(directory, () -> 0)) {
            if (stale != null) {
                err.println("holdfast: " + stale + "; the rows are those of the last checkpoint");
            }
            RowPrinter printer = printer(out);
            reader.ask(statement, TableReader.Limits.NONE, printer);
            printer.end();
            return 0;
        } catch (QueryException e) {
            err.println("holdfast: " + e.getMessage());
            return FAILED;
        } finally {
            out.flush();
        }
    }

    private RowPrinter printer(PrintWriter out) {
        if (format != null && format.json) {
            return new JsonRows(out);
        }
        return format != null && format.csv ? new CsvRows(out) : new TableRows(out);
    }
}
