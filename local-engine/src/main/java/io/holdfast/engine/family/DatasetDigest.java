package io.holdfast.engine.family;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The same 40 letters as DEBUG DIGEST and DIGEST-VALUE of a Redis that holds the same data. What has no order is XORed
 * together, what has one is mixed: {@code digest = SHA-1(digest xor SHA-1(part))}. Consumer groups do not count, and of
 * an expiry only that there is one. For one use, on the engine loop.
 */
final class DatasetDigest {
    private static final int BYTES = 20;
    private static final Bytes HAS_EXPIRY = Bytes.of("!!expire!!");

    private final MessageDigest sha1;

    DatasetDigest() {
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-1", e);
        }
    }

    /** Of every key of every database. */
    String of(Keyspaces keyspaces) {
        var all = new byte[BYTES];
        for (Keyspace keyspace : keyspaces.all()) {
            if (keyspace.size() > 0) {
                mix(all, number(keyspace.index()));
            }
            for (int i = 0; i < keyspace.size(); i++) {
                KeyRecord record = keyspace.at(i);
                var one = new byte[BYTES];
                mix(one, record.key());
                add(one, record);
                xor(all, one);
            }
        }
        return HexFormat.of().formatHex(all);
    }

    /** Of one value and whether it expires; zeros for a key that is not there. */
    String of(@Nullable KeyRecord record) {
        var digest = new byte[BYTES];
        if (record != null) {
            add(digest, record);
        }
        return HexFormat.of().formatHex(digest);
    }

    private void add(byte[] digest, KeyRecord record) {
        mix(digest, number(numberOf(record.value().type())));
        addContent(digest, record.value());
        if (record.hasExpiry()) {
            xor(digest, HAS_EXPIRY.array());
        }
    }

    /** As Redis numbers its types; 5 are those of modules. */
    private static int numberOf(ValueType type) {
        return switch (type) {
            case STRING -> 0;
            case LIST -> 1;
            case SET -> 2;
            case ZSET -> 3;
            case HASH -> 4;
            case STREAM -> 6;
        };
    }

    private void addContent(byte[] digest, Value value) {
        if (value instanceof StringValue string) {
            mix(digest, string.bytes());
        } else if (value instanceof ListValue list) {
            list.forEach(0, (int) list.size(), element -> mix(digest, element));
        } else if (value instanceof SetValue set) {
            set.forEach(member -> xor(digest, member.array()));
        } else if (value instanceof HashValue hash) {
            hash.forEach((field, content) -> addPair(digest, field, content));
        } else if (value instanceof SortedSetValue sorted) {
            sorted.forEachByRank(
                    new IndexRange(0, (int) sorted.size()),
                    false,
                    (member, score) -> addPair(digest, member, RedisDouble.format(score, DoubleStyle.G17)));
        } else if (value instanceof StreamValue stream) {
            stream.forEach(StreamId.ZERO, StreamId.MAX, false, entry -> {
                mix(digest, Bytes.of(entry.id().toString().replace('-', '.')));
                entry.fieldsAndValues().forEach(part -> mix(digest, part));
                return true;
            });
        }
    }

    private void addPair(byte[] digest, Bytes first, Bytes second) {
        var pair = new byte[BYTES];
        mix(pair, first);
        mix(pair, second);
        xor(digest, pair);
    }

    private void xor(byte[] digest, byte[] part) {
        byte[] hash = sha1.digest(part);
        for (int i = 0; i < BYTES; i++) {
            digest[i] ^= hash[i];
        }
    }

    private void mix(byte[] digest, Bytes part) {
        xor(digest, part.array());
        System.arraycopy(sha1.digest(digest), 0, digest, 0, BYTES);
    }

    /** Four bytes, big endian. */
    private static Bytes number(int of) {
        return Bytes.wrap(new byte[] {(byte) (of >>> 24), (byte) (of >>> 16), (byte) (of >>> 8), (byte) of});
    }
}
