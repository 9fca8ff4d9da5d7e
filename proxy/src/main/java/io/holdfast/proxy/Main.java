package io.holdfast.proxy;

import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.admin.ConfigFile;
import io.holdfast.proxy.admin.Flags;
import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.admin.cli.AuditCommand;
import io.holdfast.proxy.admin.cli.CleanUpCommand;
import io.holdfast.proxy.admin.cli.ConflictsCommand;
import io.holdfast.proxy.admin.cli.DeadLettersCommand;
import io.holdfast.proxy.admin.cli.JournalCommand;
import io.holdfast.proxy.admin.cli.OfflineCommand;
import io.holdfast.proxy.admin.cli.OnlineCommand;
import io.holdfast.proxy.admin.cli.RepairCommand;
import io.holdfast.proxy.admin.cli.SqlQuery;
import io.holdfast.proxy.admin.cli.StatusCommand;
import io.holdfast.proxy.admin.cli.SyncCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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
            OfflineCommand.class,
            OnlineCommand.class,
            CleanUpCommand.class,
            SqlQuery.class,
            RepairCommand.class,
            AuditCommand.class
        })
public final class Main implements Callable<Integer> {
    private static final int FAILED = 1;

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

    /** What {@code serve} is told by these arguments, and by the environment. */
    static ProxyConfig configuration(String... arguments) throws StartupException {
        var serve = new Serve();
        new CommandLine(serve).parseArgs(arguments);
        return serve.configuration();
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

        @Option(names = "--port", paramLabel = "PORT", description = "port to listen on (default: 6380)")
        @Nullable Integer port;

        @Option(
                names = "--bind",
                paramLabel = "ADDRESS",
                description = "address to listen on, or several: 127.0.0.1,::1 (default: 127.0.0.1)")
        @Nullable String bind;

        @Option(
                names = "--upstream",
                paramLabel = "URL",
                description = "the Redis to stand in for (default: redis://127.0.0.1:6379)")
        @Nullable String upstream;

        @Option(names = "--standalone", description = "no upstream: be a Redis of its own")
        boolean standalone;

        @Option(
                names = "--data-dir",
                paramLabel = "DIR",
                description = "where everything is kept (default: ~/.holdfast)")
        @Nullable Path dataDir;

        @Option(names = "--config", paramLabel = "FILE", description = "a JSON file with these and more settings")
        @Nullable Path config;

        @Option(
                names = "--requirepass-file",
                paramLabel = "FILE",
                description = "a file whose first line is the password that clients must give")
        @Nullable Path requirepassFile;

        @Option(
                names = "--aclfile",
                paramLabel = "FILE",
                description = "users and what each may do, as Redis's aclfile")
        @Nullable Path aclFile;

        @Option(
                names = "--upstream-password-file",
                paramLabel = "FILE",
                description = "a file whose first line is the password of the upstream")
        @Nullable Path upstreamPasswordFile;

        @Option(
                names = "--unixsocket",
                paramLabel = "PATH",
                description = "a Unix socket to listen on too (with --port 0: alone)")
        @Nullable String unixSocket;

        @Option(names = "--tls-port", paramLabel = "PORT", description = "to listen on with TLS (with --port 0: alone)")
        @Nullable String tlsPort;

        @Option(names = "--tls-cert-file", paramLabel = "FILE", description = "our certificate and its chain, PEM")
        @Nullable String tlsCertFile;

        @Option(names = "--tls-key-file", paramLabel = "FILE", description = "its private key, PEM")
        @Nullable String tlsKeyFile;

        @Option(
                names = "--tls-ca-cert-file",
                paramLabel = "FILE",
                description = "who signs the certificates of clients, PEM")
        @Nullable String tlsCaCertFile;

        @Option(
                names = "--tls-auth-clients",
                paramLabel = "WHETHER",
                description = "whether clients show certificates: yes (default), optional or no")
        @Nullable String tlsAuthClients;

        @Option(
                names = "--profiles",
                paramLabel = "LIST",
                split = ",",
                description = "how keys are shown as tables: agent-observability, web-shop or files of your own")
        List<String> profiles = new ArrayList<>();

        @Option(
                names = "--http-port",
                paramLabel = "PORT",
                description = "port to answer HTTP on: status and operation (default: none)")
        @Nullable Integer httpPort;

        @Override
        public Integer call() throws StartupException {
            ProxyServer server = ProxyServer.start(configuration());
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                server.close();
                                log.info("Stopped: everything is on disk");
                                // A JVM ends with 143 on SIGTERM; Redis, which we stand in for, with 0.
                                Runtime.getRuntime().halt(0);
                            },
                            "stop"));
            server.endsBy(() -> new Thread(() -> System.exit(0), "shutdown").start());
            log.info("{}", server.greeting());
            return -1;
        }

        ProxyConfig configuration() throws StartupException {
            ConfigFile file = config == null ? ConfigFile.EMPTY : ConfigFile.read(config);
            var flags = new Flags(
                    port,
                    bind,
                    upstream,
                    standalone,
                    dataDir,
                    requirepassFile,
                    aclFile,
                    upstreamPasswordFile,
                    profiles,
                    httpPort,
                    settings());
            return new Options(flags, System.getenv(), file).config();
        }

        private Map<String, String> settings() {
            Map<String, String> settings = new LinkedHashMap<>();
            settings.put("unixsocket", unixSocket);
            settings.put("tls-port", tlsPort);
            settings.put("tls-cert-file", tlsCertFile);
            settings.put("tls-key-file", tlsKeyFile);
            settings.put("tls-ca-cert-file", tlsCaCertFile);
            settings.put("tls-auth-clients", tlsAuthClients);
            settings.values().removeIf(Objects::isNull);
            return settings;
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
