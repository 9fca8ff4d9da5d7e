package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DEBUG: what test suites use of it, and only where enable-debug-command allows it. */
public final class DebugCommands implements CommandFamily {
    private static final double SLEEP_SECONDS_MAX = 3600;
    private static final int STRING_MATCH_MAX = 64 * 1024 * 1024;
    private static final String HELP = """
            DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
            AOF-FLUSH-SLEEP <microsec>
                Does nothing.
            CHANGE-REPL-ID
                Does nothing: there are no replicas.
            DIGEST
                Gives a digest of all data, the same as of a Redis that holds the same.
            DIGEST-VALUE [<key> ...]
                Gives a digest of each of these values.
            ERROR <string>
                Answers with this error.
            HTSTATS <dbid>
                Describes the tables of a database as Redis would have them.
            HTSTATS-KEY <key>
                Describes the table of a value as Redis would have it.
            JMAP
                Does nothing.
            LISTPACK <key>
                Says whether the value is a listpack.
            LOADAOF
                As RELOAD.
            LOG <message>
                Writes a line to the log.
            OBJECT <key>
                Describes a value.
            PAUSE-CRON <0|1>
                Does nothing.
            POPULATE <count> [<prefix>] [<size>]
                Makes string keys <prefix>:0 and on, 'key' being the prefix without one.
            PROTOCOL <type>
                Answers with a reply of this type: string, integer, double, bignum, null,
                array, set, map, attrib, push, verbatim, true, false.
            QUICKLIST <key>
                Says whether the value is a quicklist.
            QUICKLIST-PACKED-THRESHOLD <size>
                Does nothing: no list node is packed.
            RELOAD [MERGE] [NOFLUSH] [NOSAVE]
                Writes everything to the tables, drops what is in memory, and reads the tables.
            REPLYBUFFER <option> <value>
                Does nothing.
            SDSLEN <key>
                Gives the length of a string.
            SET-ACTIVE-EXPIRE <0|1>
                Whether expired keys go before anybody meets them.
            SET-DISABLE-DENY-SCRIPTS <0|1>
                Whether scripts may call what administers the server.
            SLEEP <seconds>
                Stops the server for so long.
            STRINGMATCH-LEN <length> <pattern>
                Matches a pattern against so many NUL bytes.
            HELP
                Prints this help.
            """;

    private static final Logger log = LoggerFactory.getLogger(DebugCommands.class);

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
        return switch (word) {
            case "RELOAD" -> reload(c);
            case "DIGEST-VALUE" -> DebugValues.digestValues(c);
            default -> byCount(c, c.argc() + " " + word);
        };
    }

    private static Reply byCount(CommandContext c, String countAndWord) {
        return switch (countAndWord) {
            case "2 DIGEST" -> DebugValues.digest(c);
            case "2 HELP" -> help();
            case "2 JMAP", "2 CHANGE-REPL-ID" -> Reply.OK;
            case "2 LOADAOF" -> reloaded(c);
            case "2 STRINGMATCH-TEST" -> Reply.simple("Apparently Redis did not crash: test passed");
            case "3 ERROR" -> throw RedisError.latin1(c.arg(2).latin1());
            case "3 HTSTATS" -> DebugValues.tableOfDatabase(c);
            case "3 HTSTATS-KEY" -> DebugValues.tableOfValue(c);
            case "3 LISTPACK" -> DebugValues.listpack(c);
            case "3 LOG" -> {
                log.warn("DEBUG LOG: {}", c.arg(2));
                yield Reply.OK;
            }
            case "3 OBJECT" -> DebugValues.object(c);
            case "3 POPULATE", "4 POPULATE", "5 POPULATE" -> DebugValues.populate(c);
            case "3 PROTOCOL" -> DebugProtocol.reply(c);
            case "3 QUICKLIST", "4 QUICKLIST" -> DebugValues.quicklist(c);
            case "3 SDSLEN" -> DebugValues.sdslen(c);
            case "3 SET-ACTIVE-EXPIRE" -> {
                c.server().keyspaces().expireActively(c.longArg(2) != 0);
                yield Reply.OK;
            }
            case "3 SET-DISABLE-DENY-SCRIPTS" -> {
                c.server().scripting().allowAdministration(c.longArg(2) != 0);
                yield Reply.OK;
            }
            case "3 SLEEP" -> sleep(c);
            case "4 STRINGMATCH-LEN" -> stringMatch(c);
            case "3 AOF-FLUSH-SLEEP", "3 PAUSE-CRON", "3 QUICKLIST-PACKED-THRESHOLD", "4 REPLYBUFFER" -> Reply.OK;
            default -> throw unknown(c);
        };
    }

    private static RedisError unknown(CommandContext c) {
        return RedisError.quoting(
                "ERR unknown subcommand or wrong number of arguments for '", c.arg(1), "'. Try DEBUG HELP.");
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

    /** Redis would take NOSAVE and MERGE for an older state; here what was acknowledged is never given up. */
    private static Reply reload(CommandContext c) {
        for (int i = 2; i < c.argc(); i++) {
            if (!c.argIs(i, "MERGE") && !c.argIs(i, "NOFLUSH") && !c.argIs(i, "NOSAVE")) {
                throw RedisError.of("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
            }
        }
        return reloaded(c);
    }

    /** Everything is written down and read again. */
    private static Reply reloaded(CommandContext c) {
        if (c.isPart()) { // what came before it in the transaction is not journaled yet
            throw RedisError.of("ERR DEBUG " + c.arg(1).latin1().toUpperCase(Locale.ROOT)
                    + " stands alone, not in a transaction or script");
        }
        c.server().host().reload();
        return Reply.OK;
    }

    private static Reply stringMatch(CommandContext c) {
        int length = (int) c.longArg(2, 0, STRING_MATCH_MAX);
        return Reply.of(GlobPattern.of(c.arg(3)).matches(Bytes.wrap(new byte[length])));
    }

    private static Reply help() {
        return Reply.array(HELP.lines().map(Reply::simple).toList());
    }
}
