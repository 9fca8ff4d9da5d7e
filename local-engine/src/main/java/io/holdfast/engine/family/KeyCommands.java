package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RM;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.command.WholeKeyspace;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.Encoding;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** Keys of whatever type: whether they are there, deleting, renaming, copying; and databases as a whole. */
public final class KeyCommands implements CommandFamily {
    private static final Bytes DEL = Bytes.of("DEL");
    /** Redis shares the objects of the integers below this, and says so as a reference count. */
    private static final long SHARED_INTEGERS = 10_000;

    private static final String MULTI_SHARD = "request_policy:multi_shard";
    private static final String SUM = "response_policy:agg_sum";
    private static final String ALL_SHARDS = "request_policy:all_shards";

    /** Whatever the reply counts: none of the keys is there now. */
    private static final MirrorRule GONE = (args, reply) -> {
        if (!(reply instanceof Reply.Int)) {
            return null;
        }
        Bytes[] del = args.clone();
        del[0] = DEL;
        return List.<Bytes[]>of(del);
    };

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.GENERIC);
        commands.write("DEL", atLeast(2), keys(1, -1, 1, RM, DELETE))
                .absorb()
                .absolute()
                .overwrites()
                .mirrors(GONE)
                .tip(MULTI_SHARD, SUM)
                .costs("O(N) with the number of keys and of the elements they hold")
                .says("Deletes keys.")
                .calls(KeyCommands::del);
        commands.write("UNLINK", atLeast(2), keys(1, -1, 1, RM, DELETE))
                .fast()
                .absorb()
                .absolute()
                .overwrites()
                .mirrors(GONE)
                .since("4.0.0")
                .tip(MULTI_SHARD, SUM)
                .costs("O(1) a key")
                .says("Deletes keys; what they held is given back later.")
                .calls(KeyCommands::del);
        commands.read("EXISTS", atLeast(2), keys(1, -1, 1, RO))
                .keysOnly()
                .fast()
                .tip(MULTI_SHARD, SUM)
                .costs("O(N) with the number of keys")
                .says("Counts how many of the keys exist.")
                .calls(KeyCommands::exists);
        commands.read("TOUCH", atLeast(2), keys(1, -1, 1, RO))
                .keysOnly()
                .fast()
                .since("3.2.1")
                .tip(MULTI_SHARD, SUM)
                .costs("O(N) with the number of keys")
                .says("Counts how many of the keys exist, and notes that they were used.")
                .calls(KeyCommands::touch);
        commands.read("TYPE", exactly(2), key(1, RO))
                .keysOnly()
                .fast()
                .costs("O(1)")
                .says("Names the type of the value at a key.")
                .calls(KeyCommands::type);
        commands.write("RENAME", exactly(3), key(1, RW, ACCESS, DELETE), key(2, OW, UPDATE))
                .costs("O(1)")
                .says("Renames a key, whatever stood at the new name.")
                .calls(KeyCommands::rename);
        commands.write("RENAMENX", exactly(3), key(1, RW, ACCESS, DELETE), key(2, OW, INSERT))
                .fast()
                .costs("O(1)")
                .says("Renames a key if the new name is free.")
                .calls(KeyCommands::renamenx);
        commands.write("COPY", atLeast(3), key(1, RO, ACCESS), key(2, OW, UPDATE))
                .denyOom()
                .reaches(args -> database(args, optionAt(args, "DB")))
                .since("6.2.0")
                .costs("O(N) with the number of elements")
                .says("Copies the value of a key, and its expiry, to another key.")
                .calls(KeyCommands::copy);
        commands.write("MOVE", exactly(3), key(1, RW, ACCESS, UPDATE))
                .fast()
                .reaches(args -> database(args, 2))
                .costs("O(1)")
                .says("Moves a key to another database, if it is not there yet.")
                .calls(KeyCommands::move);
        declareObject(commands);
        declareDatabases(commands);
    }

    private static void declareObject(CommandTable.Builder commands) {
        var object = commands.container("OBJECT", CommandKind.READ)
                .since("2.2.3")
                .costs("Depends on the subcommand.")
                .says("Looks at how values are held.");
        commands.sub(object, "ENCODING", exactly(3))
                .keys(key(2, RO))
                .since("2.2.3")
                .tip("nondeterministic_output")
                .costs("O(1)")
                .says("Names the encoding that Redis would hold a key's value in.")
                .calls(c -> ofRecord(
                        c, record -> Reply.bulk(record.value().encoding().redisName())));
        commands.sub(object, "FREQ", exactly(3))
                .keysOnly()
                .keys(key(2, RO))
                .since("4.0.0")
                .tip("nondeterministic_output")
                .costs("O(1)")
                .says("Gives how often a key is used, under an LFU policy.")
                .calls(c -> ofRecord(c, record -> frequency(c, record)));
        commands.sub(object, "IDLETIME", exactly(3))
                .keysOnly()
                .keys(key(2, RO))
                .since("2.2.3")
                .tip("nondeterministic_output")
                .costs("O(1)")
                .says("Gives the seconds since a key was used.")
                .calls(c -> ofRecord(c, record -> idleTime(c, record)));
        commands.sub(object, "REFCOUNT", exactly(3))
                .keys(key(2, RO))
                .since("2.2.3")
                .tip("nondeterministic_output")
                .costs("O(1)")
                .says("Gives how many references the value at a key would have in Redis.")
                .calls(c -> ofRecord(c, record -> Reply.of(referencesTo(record.value()))));
        commands.sub(object, "HELP", exactly(2), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .since("6.2.0")
                .costs("O(1)")
                .says("Prints this help.")
                .calls(HelpText::reply);
    }

    private static void declareDatabases(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        commands.read("DBSIZE", exactly(1))
                .fast()
                .category(AclCategory.KEYSPACE)
                .tip(ALL_SHARDS, SUM)
                .costs("O(1)")
                .says("Counts the keys of the selected database.")
                .wholeKeyspace(WholeKeyspace.COUNTED)
                .calls(c -> Reply.of(c.keyspace().size()));
        commands.write("FLUSHDB", atLeast(1))
                .category(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
                .tip(ALL_SHARDS, "response_policy:all_succeeded")
                .costs("O(N) with the number of keys in the database")
                .says("Removes every key of the selected database.")
                .wholeKeyspace(WholeKeyspace.FLUSHED_HERE)
                .calls(c -> flush(c, List.of(c.keyspace())));
        commands.write("FLUSHALL", atLeast(1))
                .category(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
                .tip(ALL_SHARDS, "response_policy:all_succeeded")
                .costs("O(N) with the number of keys in all databases")
                .says("Removes every key of every database.")
                .wholeKeyspace(WholeKeyspace.FLUSHED_EVERYWHERE)
                .calls(c -> flush(c, c.server().keyspaces().all()));
        commands.write("SWAPDB", exactly(3))
                .fast()
                .category(AclCategory.KEYSPACE, AclCategory.DANGEROUS)
                .since("4.0.0")
                .costs("O(N) with the number of keys in both databases")
                .says("Exchanges the keys of two databases.")
                .wholeKeyspace(WholeKeyspace.SWAPPED)
                .calls(KeyCommands::swapdb);
    }

    // ---- whether they are there

    private static Reply del(CommandContext c) {
        var gone = new ArrayList<Bytes>();
        for (int i = 1; i < c.argc(); i++) {
            if (c.remove(c.arg(i))) {
                c.event(KeyEvent.DEL, c.arg(i));
                gone.add(c.arg(i));
            }
        }
        if (!gone.isEmpty()) {
            c.effect(DEL, gone.get(0), gone.subList(1, gone.size()));
        }
        return Reply.of(gone.size());
    }

    private static Reply exists(CommandContext c) {
        int found = 0;
        for (int i = 1; i < c.argc(); i++) {
            if (c.look(c.arg(i)) != null) {
                found++;
            }
        }
        return Reply.of(found);
    }

    /** Also for a client that has said CLIENT NO-TOUCH: it asks for nothing else. */
    private static Reply touch(CommandContext c) {
        int found = 0;
        for (int i = 1; i < c.argc(); i++) {
            KeyRecord record = c.look(c.arg(i));
            if (record != null) {
                c.keyspace().used(record);
                found++;
            }
        }
        return Reply.of(found);
    }

    private static Reply type(CommandContext c) {
        KeyRecord record = c.look(c.arg(1));
        return Reply.simple(record == null ? "none" : record.type().redisName());
    }

    // ---- other names, other places

    private static Reply rename(CommandContext c) {
        KeyRecord source = requireKey(c, c.arg(1));
        if (!c.arg(1).equals(c.arg(2))) {
            moveTo(c, source, c.keyspace(), c.arg(2));
            renamed(c);
        }
        return Reply.OK;
    }

    private static Reply renamenx(CommandContext c) {
        KeyRecord source = requireKey(c, c.arg(1));
        if (c.find(c.arg(2)) != null) {
            return Reply.ZERO;
        }
        moveTo(c, source, c.keyspace(), c.arg(2));
        renamed(c);
        return Reply.ONE;
    }

    private static void renamed(CommandContext c) {
        c.event(KeyEvent.RENAME_FROM, c.arg(1));
        c.event(KeyEvent.RENAME_TO, c.arg(2));
    }

    private static KeyRecord requireKey(CommandContext c, Bytes key) {
        KeyRecord record = c.find(key);
        if (record == null) {
            throw RedisError.noSuchKey();
        }
        return record;
    }

    private static Reply copy(CommandContext c) {
        boolean replace = false;
        Keyspace target = c.keyspace();
        for (int i = 3; i < c.argc(); i++) {
            if (c.argIs(i, "REPLACE")) {
                replace = true;
            } else if (c.argIs(i, "DB") && i + 1 < c.argc()) {
                target = database(c, ++i);
            } else {
                throw RedisError.syntax();
            }
        }
        Bytes to = c.arg(2);
        if (target == c.keyspace() && c.arg(1).equals(to)) {
            throw RedisError.sameObject();
        }
        KeyRecord source = c.find(c.arg(1));
        if (source == null || (target.find(to, c.nowMs()) != null && !replace)) {
            return Reply.ZERO;
        }
        place(c, source.value().copy(), source.expiresAtMs(), target, to);
        c.server().keyEvents().tell(KeyEvent.COPY_TO, target.index(), to);
        return Reply.ONE;
    }

    private static Reply move(CommandContext c) {
        Keyspace target = database(c, 2);
        if (target == c.keyspace()) {
            throw RedisError.sameObject();
        }
        KeyRecord source = c.find(c.arg(1));
        if (source == null || target.find(c.arg(1), c.nowMs()) != null) {
            return Reply.ZERO;
        }
        moveTo(c, source, target, c.arg(1));
        c.event(KeyEvent.MOVE_FROM, c.arg(1));
        c.server().keyEvents().tell(KeyEvent.MOVE_TO, target.index(), c.arg(1));
        return Reply.ONE;
    }

    private static Keyspace database(CommandContext c, int i) {
        long index = c.longArg(i, Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (index < 0 || index >= c.server().keyspaces().count()) {
            throw RedisError.dbOutOfRange();
        }
        return c.server().keyspaces().get((int) index);
    }

    private static void moveTo(CommandContext c, KeyRecord source, Keyspace target, Bytes to) {
        Value value = source.value();
        c.keyspace().remove(source);
        c.effect(DEL, source.key());
        place(c, value, source.expiresAtMs(), target, to);
    }

    private static void place(CommandContext c, Value value, long expiresAtMs, Keyspace target, Bytes to) {
        target.find(to, c.nowMs()); // an expired key counts as gone before it is written anew
        KeyRecord placed = target.put(to, value);
        // Redis removes what stood there and adds the key anew, so who waits for it is served.
        c.server().keyspaces().blocked().ready(target.index(), to);
        if (expiresAtMs != KeyRecord.NEVER) {
            target.expireAt(placed, expiresAtMs);
        }
        c.effects(ValueEffects.replace(
                target.index(), to, value, expiresAtMs, c.config().version()));
    }

    // ---- OBJECT

    private interface OfRecord {
        Reply reply(KeyRecord record);
    }

    private static Reply ofRecord(CommandContext c, OfRecord asked) {
        KeyRecord record = c.find(c.arg(2));
        return record == null ? Reply.Null.BULK : asked.reply(record);
    }

    private static Reply frequency(CommandContext c, KeyRecord record) {
        if (!c.server().keyspaces().eviction().policy().countsUses()) {
            throw RedisError.noLfuPolicy();
        }
        return Reply.of(c.keyspace().frequency(record));
    }

    private static Reply idleTime(CommandContext c, KeyRecord record) {
        if (c.server().keyspaces().eviction().policy().countsUses()) {
            throw RedisError.lfuPolicy();
        }
        return Reply.of(c.keyspace().idleSeconds(record));
    }

    private static long referencesTo(Value value) {
        boolean shared = value instanceof StringValue string
                && string.encoding() == Encoding.INT
                && RedisInteger.parse(string.bytes()) >= 0
                && RedisInteger.parse(string.bytes()) < SHARED_INTEGERS;
        return shared ? Integer.MAX_VALUE : 1;
    }

    // ---- databases

    /** Has an effect even where nothing is left to remove: an upstream that was away may hold keys never seen here. */
    private static Reply flush(CommandContext c, List<Keyspace> databases) {
        boolean known = c.argc() == 1 || (c.argc() == 2 && (c.argIs(1, "SYNC") || c.argIs(1, "ASYNC")));
        if (!known) {
            throw RedisError.syntax();
        }
        requireFlushAllowed(c);
        databases.forEach(Keyspace::clear);
        c.server().flushed();
        c.effect(c.arg(0));
        return Reply.OK;
    }

    private static Reply swapdb(CommandContext c) {
        int first = databaseIndex(c, 1, "ERR invalid first DB index");
        int second = databaseIndex(c, 2, "ERR invalid second DB index");
        int count = c.server().keyspaces().count();
        if (first < 0 || first >= count || second < 0 || second >= count) {
            throw RedisError.dbOutOfRange();
        }
        requireFlushAllowed(c);
        c.server().keyspaces().swap(first, second, c.nowMs());
        c.effectAsSent();
        return Reply.OK;
    }

    /** Where the value of an option of COPY stands; −1: nowhere. */
    private static int optionAt(Bytes[] args, String option) {
        for (int i = 3; i + 1 < args.length; i++) {
            if (args[i].equalsIgnoreCase(option)) {
                return i + 1;
            }
        }
        return -1;
    }

    private static int database(Bytes[] args, int at) {
        long index = at < 0 || at >= args.length ? -1 : RedisInteger.parseOr(args[at], -1);
        return index < 0 || index > Integer.MAX_VALUE ? -1 : (int) index;
    }

    private static int databaseIndex(CommandContext c, int i, String refusal) {
        long index = RedisInteger.parseOr(c.arg(i), Long.MIN_VALUE);
        if (index < Integer.MIN_VALUE || index > Integer.MAX_VALUE) {
            throw RedisError.of(refusal);
        }
        return (int) index;
    }

    private static void requireFlushAllowed(CommandContext c) {
        if (!c.server().mayFlush()) {
            throw RedisError.noFlushOffline();
        }
    }
}
