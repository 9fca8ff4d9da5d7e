package io.holdfast.proxy;

import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.admin.cli.AuditCommand;
import io.holdfast.proxy.admin.cli.CleanUpCommand;
import io.holdfast.proxy.admin.cli.ConfigCommand;
import io.holdfast.proxy.admin.cli.ConfigFlags;
import io.holdfast.proxy.admin.cli.ConflictsCommand;
import io.holdfast.proxy.admin.cli.DeadLettersCommand;
import io.holdfast.proxy.admin.cli.JournalCommand;
import io.holdfast.proxy.admin.cli.MirrorCommand;
import io.holdfast.proxy.admin.cli.OfflineCommand;
import io.holdfast.proxy.admin.cli.OnlineCommand;
import io.holdfast.proxy.admin.cli.RepairCommand;
import io.holdfast.proxy.admin.cli.SqlQuery;
import io.holdfast.proxy.admin.cli.StatusCommand;
import io.holdfast.proxy.admin.cli.SyncCommand;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Sources;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command line: {@code holdfast [serve] [options]}. What cannot start says why in one line and exits with 1. */
@Command(
        name = "holdfast",
        description = "A Redis that stays when Redis goes.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Without a command, serve is meant: holdfast --port 6380 --standalone",
            "Its options: holdfast serve --help"
        },
        subcommands = {
            Main.Serve.class,
            StatusCommand.class,
            JournalCommand.class,
            DeadLettersCommand.class,
            ConflictsCommand.class,
            SyncCommand.class,
            MirrorCommand.class,
            OfflineCommand.class,
            OnlineCommand.class,
            CleanUpCommand.class,
            SqlQuery.class,
            RepairCommand.class,
            AuditCommand.class,
            ConfigCommand.class
        })
public final class Main implements Callable<Integer> {
    private static final int FAILED = 1;
    /** EX_TEMPFAIL of sysexits.h: another process has replayed under this identity. */
    private static final int FENCED = 75;

    private Main() {}

    public static void main(String[] args) {
        int status = run(args);
        if (status >= 0) {
            System.exit(status);
        }
    }

    /** Runs a command line and gives the exit status, or −1 when a server runs on. */
    static int run(String... args) {
        var line = new CommandLine(new Main());
        line.setParameterExceptionHandler((bad, unused) -> {
            bad.getCommandLine().getErr().println("holdfast: " + bad.getMessage() + "; see holdfast --help");
            return FAILED;
        });
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof StartupException || failure instanceof StorageException) {
                command.getErr().println("holdfast: " + failure.getMessage());
                return FAILED;
            }
            throw failure;
        });
        // Options may come without "serve": it is what nearly everybody wants.
        String[] given = args.length == 0 || (args[0].startsWith("-") && !isGeneral(args[0])) ? prepend(args) : args;
        return line.execute(given);
    }

    /** What {@code serve} is told by these arguments, whatever the environment says. */
    static ProxyConfig configuration(String... arguments) throws StartupException {
        var serve = new Serve();
        new CommandLine(serve).parseArgs(arguments);
        return new Options(read(serve.flags.sources(Map.of()))).config();
    }

    private static Configuration read(Sources sources) throws StartupException {
        try {
            return Configuration.read(sources);
        } catch (BadConfigurationException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private static boolean isGeneral(String option) {
        return option.equals("--help") || option.equals("-h") || option.equals("--version") || option.equals("-V");
    }

    private static String[] prepend(String[] args) {
        var all = new String[args.length + 1];
        all[0] = "serve";
        System.arraycopy(args, 0, all, 1, args.length);
        return all;
    }

    @Override
    public Integer call() {
        throw new IllegalStateException("serve is the default command");
    }

    /** Runs the server until it is told to stop. */
    @Command(
            name = "serve",
            description = "Serves Redis clients; passes their commands to the upstream while it is there.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    static final class Serve implements Callable<Integer> {
        private static final Logger log = LoggerFactory.getLogger(Serve.class);

        @Mixin
        @SuppressWarnings("NullAway.Init")
        ConfigFlags flags;

        @Override
        public Integer call() throws StartupException {
            Configuration configuration = read(flags.sources(System.getenv()));
            var options = new Options(configuration);
            ProxyServer server = ProxyServer.start(options.config());
            options.warnings().forEach(log::warn);
            server.configuredBy(configuration);
            HangUp.calls(server::reload);
            var status = new AtomicInteger();
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                server.close();
                                log.info("Stopped: everything is on disk");
                                // A JVM ends with 143 on SIGTERM; Redis, which we stand in for, with 0.
                                Runtime.getRuntime().halt(status.get());
                            },
                            "stop"));
            server.endsBy(() -> new Thread(() -> System.exit(0), "shutdown").start());
            if (options.exitsWhenFenced()) {
                server.whenFenced(() -> {
                    status.set(FENCED);
                    new Thread(() -> System.exit(FENCED), "fenced").start();
                });
            }
            log.info("{}", server.greeting());
            // What a start leaves is mostly garbage: now, 16 ms; at the first collection under load, a pause of 30 to
            // 60.
            System.gc();
            return -1;
        }
    }

    /** The version that the build stamped into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"holdfast " + number()};
        }

        static String number() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "(built from source)" : version;
        }
    }
}
