package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** CONFIG: the settings by their redis.conf names, read and changed while the server runs. */
public final class ConfigCommands implements CommandFamily {
    private static final String[] SECRETS = {
        "requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass"
    };
    private static final Flag[] ADMIN = {Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE};

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var config = commands.container("CONFIG", CommandKind.ADMIN)
                .since("2.0.0")
                .costs("Depends on the subcommand.")
                .says("Reads and changes settings.");
        commands.sub(config, "GET", atLeast(3))
                .flag(ADMIN)
                .since("2.0.0")
                .costs("O(N) with the number of settings")
                .says("Gives the settings whose names match patterns.")
                .calls(ConfigCommands::get);
        commands.sub(config, "SET", atLeast(4))
                .flag(ADMIN)
                .since("2.0.0")
                .tip("request_policy:all_nodes", "response_policy:all_succeeded")
                .secretBehind(1, SECRETS)
                .costs("O(N) with the number of settings given")
                .says("Changes settings: all that are given or none.")
                .calls(ConfigCommands::set);
        commands.sub(config, "RESETSTAT", exactly(2))
                .flag(ADMIN)
                .since("2.0.0")
                .costs("O(1)")
                .says("Puts the counters of INFO back to 0.")
                .calls(ConfigCommands::resetstat);
        commands.sub(config, "REWRITE", exactly(2))
                .flag(ADMIN)
                .since("2.8.0")
                .costs("O(1)")
                .says("Writes the settings down, so that they hold after a restart.")
                .calls(ConfigCommands::rewrite);
        HelpText.declare(commands, config, "5.0.0");
    }

    private static Reply get(CommandContext c) {
        List<Reply> found = new ArrayList<>();
        for (Setting setting : c.server().settings().all()) {
            Bytes name = Bytes.of(setting.name());
            for (int i = 2; i < c.argc(); i++) {
                if (GlobPattern.ignoringCase(c.arg(i)).matches(name)) {
                    found.add(Reply.bulk(name));
                    found.add(Reply.bulk(setting.read().get()));
                    break;
                }
            }
        }
        return new Reply.MapOf(found);
    }

    /** A change that can be made, with the argument that asks for it. */
    private record Change(Bytes name, Setting setting, String value) {}

    private static Reply set(CommandContext c) {
        if (c.argc() % 2 != 0) {
            throw RedisError.syntax();
        }
        Deque<Runnable> undo = new ArrayDeque<>();
        List<Change> changes = changes(c);
        for (Change change : changes) {
            String before = change.setting.read().get();
            try {
                c.server().settings().set(change.setting, change.value);
            } catch (IllegalArgumentException refused) {
                undo.forEach(Runnable::run);
                throw failed(change.name, refused.getMessage());
            }
            undo.push(() -> c.server().settings().set(change.setting, before));
        }
        Settings.Disagreement wrong = c.server()
                .settings()
                .disagreement(
                        changes.stream().map(change -> change.setting.name()).toList());
        if (wrong != null) {
            undo.forEach(Runnable::run);
            throw failed(Bytes.of(wrong.name()), wrong.why());
        }
        return Reply.OK;
    }

    private static List<Change> changes(CommandContext c) {
        Map<String, Change> changes = new LinkedHashMap<>();
        RedisError refusal = null;
        for (int i = 2; i < c.argc(); i += 2) {
            Setting setting = c.server().settings().find(c.arg(i).latin1());
            if (setting == null) {
                // Redis looks for all names before it complains of anything else.
                throw RedisError.quoting("ERR Unknown option or number of arguments for CONFIG SET - '", c.arg(i), "'");
            }
            if (!setting.changeable()) {
                refusal = first(refusal, failed(c.arg(i), "can't set immutable config"));
                continue;
            }
            var change = new Change(c.arg(i), setting, c.arg(i + 1).utf8());
            if (changes.put(setting.name(), change) != null) {
                refusal = first(refusal, failed(c.arg(i), "duplicate parameter"));
            }
        }
        if (refusal != null) {
            throw refusal;
        }
        return new ArrayList<>(changes.values());
    }

    private static RedisError first(@Nullable RedisError one, RedisError other) {
        return Objects.requireNonNullElse(one, other);
    }

    private static RedisError failed(Bytes name, @Nullable String why) {
        return RedisError.quoting("ERR CONFIG SET failed (possibly related to argument '", name, "') - " + why);
    }

    private static Reply resetstat(CommandContext c) {
        c.server().stats().reset();
        c.server().records().latencies().clearHistograms();
        return Reply.OK;
    }

    private static Reply rewrite(CommandContext c) {
        Settings.Rewriter rewriter = c.server().settings().rewriter();
        if (rewriter == null) {
            throw RedisError.of("ERR The server is running without a config file");
        }
        try {
            rewriter.rewrite();
        } catch (UncheckedIOException e) {
            throw RedisError.of("ERR Rewriting config file: " + e.getMessage());
        }
        return Reply.OK;
    }
}
