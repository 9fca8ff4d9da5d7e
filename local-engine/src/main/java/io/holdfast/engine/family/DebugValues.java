package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.rdb.DumpPayload;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.Encoding;
import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Arrays;
import java.util.Locale;

/** The subcommands of DEBUG that look at values or make many. They find expired keys that nobody else has met yet. */
final class DebugValues {
    private static final Bytes SET = Bytes.of("SET");
    /** Before every expiry. */
    private static final long NO_TIME_MS = Long.MIN_VALUE;

    private static final int SHARED_INTEGERS = 10_000;
    private static final int SECONDS_OF_LRU = (1 << 24) - 1;
    private static final int QUICKLIST_NODE_BYTES = 8192;
    private static final int TABLE_SIZE_MIN = 4;
    /** What POPULATE may make at once. */
    private static final long POPULATE_BYTES_MAX = 512L << 20;

    private static final int POPULATE_OVERHEAD_BYTES = 64;

    private DebugValues() {}

    static Reply digest(CommandContext c) {
        return Reply.simple(new DatasetDigest().of(c.server().keyspaces()));
    }

    static Reply digestValues(CommandContext c) {
        var digest = new DatasetDigest();
        return Reply.array(Arrays.stream(c.args(), 2, c.argc())
                .map(key -> Reply.simple(digest.of(c.keyspace().find(key, NO_TIME_MS))))
                .toList());
    }

    private static KeyRecord require(CommandContext c) {
        KeyRecord record = c.keyspace().find(c.arg(2), NO_TIME_MS);
        if (record == null) {
            throw RedisError.noSuchKey();
        }
        return record;
    }

    private static boolean is(Value value, Encoding encoding) {
        return value.encoding() == encoding;
    }

    static Reply object(CommandContext c) {
        KeyRecord record = require(c);
        Value value = record.value();
        boolean shared = is(value, Encoding.INT) && isShared((StringValue) value);
        long lru = c.nowMs() / 1000 & SECONDS_OF_LRU;
        return Reply.simple("Value at:0x" + String.format("%012x", System.identityHashCode(value)) + " refcount:"
                + (shared ? Integer.MAX_VALUE : 1) + " encoding:"
                + value.encoding().redisName() + " serializedlength:" + serializedLength(c, value) + " lru:" + lru
                + " lru_seconds_idle:" + c.keyspace().idleSeconds(record) + quicklistFields(c, value));
    }

    private static boolean isShared(StringValue number) {
        long value = RedisInteger.parse(number.bytes());
        return value >= 0 && value < SHARED_INTEGERS;
    }

    private static int serializedLength(CommandContext c, Value value) {
        return DumpCommands.payload(c, value).length() - DumpPayload.OVERHEAD_BYTES;
    }

    /** The nodes are those that the list would have if it had been filled at its tail. */
    private static String quicklistFields(CommandContext c, Value value) {
        if (!is(value, Encoding.QUICKLIST)) {
            return "";
        }
        long fill = c.config().encodingLimits().of(Limit.LIST_MAX_LISTPACK_SIZE);
        long bytes = value.approximateBytes();
        long nodes = Math.max(1, fill > 0 ? (value.size() + fill - 1) / fill : bytes / QUICKLIST_NODE_BYTES);
        return String.format(
                Locale.ROOT,
                " ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%d",
                nodes,
                (double) value.size() / nodes,
                fill,
                bytes);
    }

    static Reply listpack(CommandContext c) {
        return requireEncoding(c, Encoding.LISTPACK, "listpack", "Listpack");
    }

    static Reply quicklist(CommandContext c) {
        return requireEncoding(c, Encoding.QUICKLIST, "quicklist", "Quicklist");
    }

    private static Reply requireEncoding(CommandContext c, Encoding encoding, String name, String capital) {
        if (!is(require(c).value(), encoding)) {
            throw RedisError.of("ERR Not a " + name + " encoded object.");
        }
        return Reply.simple(capital + " structure printed on stdout");
    }

    static Reply sdslen(CommandContext c) {
        Value value = require(c).value();
        if (value.type() != ValueType.STRING || is(value, Encoding.INT)) {
            throw RedisError.of("ERR Not an sds encoded string.");
        }
        int key = c.arg(2).length();
        long length = value.size();
        return Reply.simple("key_sds_len:" + key + ", key_sds_avail:0, key_zmalloc: " + key + ", val_sds_len:" + length
                + ", val_sds_avail:0, val_zmalloc: " + value.approximateBytes());
    }

    static Reply tableOfDatabase(CommandContext c) {
        long db = c.longArg(2);
        if (db < 0 || db >= c.server().keyspaces().count()) {
            throw RedisError.of("ERR Out of range database");
        }
        Keyspace keyspace = c.server().keyspaces().get((int) db);
        return verbatim(
                "[Dictionary HT]\n" + table(keyspace.size()) + "[Expires HT]\n" + table(keyspace.expiringSize()));
    }

    static Reply tableOfValue(CommandContext c) {
        Value value = require(c).value();
        if (!is(value, Encoding.HASHTABLE) && !is(value, Encoding.SKIPLIST)) {
            throw RedisError.of("ERR The value stored at the specified key is not represented using an hash table");
        }
        return verbatim(table(value.size()));
    }

    private static Reply verbatim(String text) {
        return new Reply.Verbatim("txt", Bytes.of(text));
    }

    /** A table without chains of the size that Redis's would have grown to. */
    private static String table(long elements) {
        if (elements == 0) {
            return "No stats available for empty dictionaries\n";
        }
        long size = Math.max(TABLE_SIZE_MIN, Long.highestOneBit(Math.max(1, elements - 1)) << 1);
        return "Hash table 0 stats (main hash table):\n table size: " + size + "\n number of elements: " + elements
                + "\n different slots: " + elements + "\n max chain length: 1\n";
    }

    /** POPULATE count [prefix] [size]: keys that are there already stay as they are. */
    static Reply populate(CommandContext c) {
        long count = c.longArg(2, 0, Long.MAX_VALUE);
        String prefix = c.argc() > 3 ? c.arg(3).latin1() : "key";
        long size = c.argc() > 4 ? c.longArg(4, 0, Long.MAX_VALUE) : 0;
        if (size > POPULATE_BYTES_MAX || count > POPULATE_BYTES_MAX / (size + POPULATE_OVERHEAD_BYTES)) {
            throw RedisError.of("ERR value is out of range");
        }
        for (long i = 0; i < count; i++) {
            Bytes key = Bytes.ofLatin1(prefix + ":" + i);
            if (c.find(key) == null) {
                Bytes text = Bytes.of("value:" + i);
                Bytes content = size == 0 ? text : Bytes.wrap(Arrays.copyOf(text.array(), (int) size));
                c.put(key, new StringValue(content));
                c.effect(SET, key, content);
            }
        }
        return Reply.OK;
    }
}
