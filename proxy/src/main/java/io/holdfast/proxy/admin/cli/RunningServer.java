package io.holdfast.proxy.admin.cli;

import io.holdfast.proxy.admin.SecretFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that say which running Holdfast is meant, and who asks it. */
final class RunningServer {
    static final int OK = 0;
    private static final int FAILED = 1;

    @Option(
            names = "--host",
            scope = ScopeType.INHERIT,
            paramLabel = "HOST",
            description = "where Holdfast runs (default: ${DEFAULT-VALUE})")
    String host = "127.0.0.1";

    @Option(
            names = "--port",
            scope = ScopeType.INHERIT,
            paramLabel = "PORT",
            description = "the port it listens on (default: ${DEFAULT-VALUE})")
    int port = 6380;

    @Option(
            names = "--user",
            scope = ScopeType.INHERIT,
            paramLabel = "USER",
            description = "who asks (default: the default user)")
    @Nullable String user;

    @Option(
            names = "--password-file",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            description = "a file whose first line is that user's password; mode 0600")
    @Nullable Path passwordFile;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "print JSON, for machines")
    boolean json;

    /** What is asked. */
    @FunctionalInterface
    interface Talk {
        void with(Conversation server, Printed out) throws IOException;
    }

    /** What is asked, and what the exit status is by its answer. */
    @FunctionalInterface
    interface Question {
        int with(Conversation server, Printed out) throws IOException;
    }

    /** Holds the conversation; gives the exit status. What fails is one line on standard error. */
    int ask(CommandSpec spec, Talk talk) {
        return judge(spec, (server, out) -> {
            talk.with(server, out);
            return OK;
        });
    }

    /** As {@link #ask}, with an exit status of the question's own where nothing fails. */
    int judge(CommandSpec spec, Question question) {
        try (var server = Conversation.begin(host, port, user, password())) {
            return question.with(server, new Printed(spec.commandLine().getOut(), json));
        } catch (IOException e) {
            spec.commandLine().getErr().println("holdfast: " + e.getMessage());
            return FAILED;
        }
    }

    private @Nullable String password() throws IOException {
        if (passwordFile == null) {
            return null;
        }
        try {
            return new SecretFile(passwordFile).readPassword();
        } catch (IOException e) {
            throw new IOException("--password-file " + passwordFile + ": " + e.getMessage(), e);
        }
    }
}
