package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** DEBUG: what test suites use of it, and only where enable-debug-command allows it. */
public final class DebugCommands implements CommandFamily {
    private static final double SLEEP_SECONDS_MAX = 3600;
    private static final int STRING_MATCH_MAX = 64 * 1024 * 1024;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER)
                .command("DEBUG", atLeast(2), CommandKind.ADMIN)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .costs("Depends on the subcommand.")
                .says("Lets tests look inside, where enable-debug-command is yes, or local for a local connection.")
                .calls(DebugCommands::debug);
    }

    private static Reply debug(CommandContext c) {
        requireEnabled(c);
        String word = c.arg(1).latin1().toUpperCase(Locale.ROOT);
        return switch (c.argc() + " " + word) {
            case "3 SLEEP" -> sleep(c);
            case "3 OBJECT" -> object(c);
            case "3 LISTPACK" -> listpack(c);
            case "3 SDSLEN" -> sdslen(c);
            case "2 RELOAD", "3 RELOAD", "4 RELOAD", "2 LOADAOF" -> reload(c);
            case "3 SET-ACTIVE-EXPIRE" -> {
                c.server().keyspaces().expireActively(c.longArg(2) != 0);
                yield Reply.OK;
            }
            case "4 STRINGMATCH-LEN" -> stringMatch(c);
            case "2 JMAP",
                    "2 CHANGE-REPL-ID",
                    "3 QUICKLIST-PACKED-THRESHOLD",
                    "3 SET-DISABLE-DENY-SCRIPTS",
                    "3 REPLYBUFFER",
                    "3 PAUSE-CRON" -> Reply.OK;
            case "3 ERROR" -> throw RedisError.latin1(c.arg(2).latin1());
            case "2 HELP" -> help();
            default ->
                throw RedisError.quoting(
                        "ERR unknown subcommand or wrong number of arguments for '", c.arg(1), "'. Try DEBUG HELP.");
        };
    }

    private static void requireEnabled(CommandContext c) {
        String enabled = c.server().settings().value("enable-debug-command");
        boolean allowed =
                enabled.equals("yes") || (enabled.equals("local") && c.session().isLocal());
        if (!allowed) {
            throw RedisError.optionNotEnabled("DEBUG", "enable-debug-command");
        }
    }

    /** The whole server stands still, as Redis does. */
    private static Reply sleep(CommandContext c) {
        double seconds = RedisDouble.parse(c.arg(2));
        if (seconds > 0) {
            LockSupport.parkNanos((long) (Math.min(seconds, SLEEP_SECONDS_MAX) * TimeUnit.SECONDS.toNanos(1)));
        }
        return Reply.OK;
    }

    private static KeyRecord require(CommandContext c) {
        KeyRecord record = c.find(c.arg(2));
        if (record == null) {
            throw RedisError.noSuchKey();
        }
        return record;
    }

    private static Reply object(CommandContext c) {
        KeyRecord record = require(c);
        return Reply.simple(
                "Value at:0x0 refcount:1 encoding:" + record.value().encoding().redisName() + " serializedlength:"
                        + record.value().approximateBytes() + " lru:0 lru_seconds_idle:0");
    }

    private static Reply listpack(CommandContext c) {
        KeyRecord record = require(c);
        if (!record.value().encoding().redisName().equals("listpack")) {
            throw RedisError.of("ERR Not a listpack encoded object.");
        }
        return Reply.simple("Listpack structure printed on stdout");
    }

    private static Reply sdslen(CommandContext c) {
        KeyRecord record = require(c);
        if (!(record.value() instanceof StringValue string)
                || record.value().encoding().redisName().equals("int")) {
            throw RedisError.of("ERR Not an sds encoded string.");
        }
        long bytes = string.approximateBytes();
        return Reply.simple("key_sds_len:" + c.arg(2).length() + ", key_sds_avail:0, key_zmalloc: "
                + c.arg(2).length() + ", val_sds_len:" + bytes + ", val_sds_avail:0, val_zmalloc: " + bytes);
    }

    /** Everything is written down. It is not read again: what is in memory is what the tables and the journal give. */
    private static Reply reload(CommandContext c) {
        if (!c.argIs(1, "RELOAD") || c.argc() == 2 || !c.argIs(2, "NOSAVE")) {
            c.server().host().checkpoint();
        }
        return Reply.OK;
    }

    private static Reply stringMatch(CommandContext c) {
        int length = (int) c.longArg(2, 0, STRING_MATCH_MAX);
        return Reply.of(GlobPattern.of(c.arg(3)).matches(Bytes.wrap(new byte[length])));
    }

    private static Reply help() {
        return Reply.array(List.of(
                        "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                        "CHANGE-REPL-ID",
                        "    Does nothing: there are no replicas.",
                        "ERROR <string>",
                        "    Answers with this error.",
                        "JMAP",
                        "    Does nothing.",
                        "LISTPACK <key>",
                        "    Says whether the value is a listpack.",
                        "LOADAOF",
                        "    Writes everything to the tables.",
                        "OBJECT <key>",
                        "    Describes a value.",
                        "QUICKLIST-PACKED-THRESHOLD <size>",
                        "    Does nothing: no list node is packed.",
                        "RELOAD",
                        "    Writes everything to the tables.",
                        "SDSLEN <key>",
                        "    Gives the length of a string.",
                        "SET-ACTIVE-EXPIRE <0|1>",
                        "    Whether expired keys go before anybody meets them.",
                        "SET-DISABLE-DENY-SCRIPTS <0|1>",
                        "    Does nothing.",
                        "SLEEP <seconds>",
                        "    Stops the server for so long.",
                        "STRINGMATCH-LEN <length> <pattern>",
                        "    Matches a pattern against so many NUL bytes.",
                        "HELP",
                        "    Prints this help.")
                .stream()
                .map(Reply::simple)
                .toList());
    }
}
