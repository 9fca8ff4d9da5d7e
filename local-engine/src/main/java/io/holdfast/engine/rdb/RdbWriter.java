package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.Encoding;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** Writes one value as Redis of a version would: compact where it is compact. For one value each. */
final class RdbWriter {
    /** The first version with listpacks for all types, and counts in streams: Redis 7.0. */
    private static final int WITH_LISTPACKS = 10;
    /** The first one with the times at which consumers of streams were active: Redis 7.2. */
    private static final int WITH_ACTIVE_TIMES = 11;

    private static final int PACKED = 2;

    private final @Nullable LzfPacker packer;
    private final RdbOutput out;
    private final boolean listpacks;
    private final RdbType streams;
    private final DoubleStyle scores;

    /**
     * @param rdbVersion of the format, which the reader knows
     * @param scores how it prints a score in a listpack
     * @param packing whether strings that get shorter by it are compressed
     */
    RdbWriter(int rdbVersion, DoubleStyle scores, boolean packing) {
        this.packer = packing ? new LzfPacker() : null;
        this.out = new RdbOutput(packer);
        this.listpacks = rdbVersion >= WITH_LISTPACKS;
        this.streams = rdbVersion >= WITH_ACTIVE_TIMES
                ? RdbType.STREAM_LISTPACKS_3
                : listpacks ? RdbType.STREAM_LISTPACKS_2 : RdbType.STREAM_LISTPACKS;
        this.scores = scores;
    }

    RdbOutput write(Value value) {
        if (value instanceof StringValue string) {
            type(RdbType.STRING);
            out.string(string.bytes());
        } else if (value instanceof ListValue list) {
            write(list);
        } else if (value instanceof SetValue set) {
            write(set);
        } else if (value instanceof HashValue hash) {
            write(hash);
        } else if (value instanceof SortedSetValue sorted) {
            write(sorted);
        } else if (value instanceof StreamValue stream) {
            type(streams);
            new StreamWriter(out, streams).write(stream);
        }
        return out;
    }

    private void type(RdbType type) {
        out.u8(type.code);
    }

    private boolean isListpack(Value value) {
        return listpacks && value.encoding() == Encoding.LISTPACK;
    }

    // ---- lists

    private void write(ListValue list) {
        int size = (int) list.size();
        if (!listpacks) {
            type(RdbType.LIST);
            out.length(size);
            for (int i = 0; i < size; i++) {
                out.string(list.get(i));
            }
            return;
        }
        type(RdbType.LIST_QUICKLIST_2);
        var nodes = new RdbOutput(packer);
        int count = 0;
        var open = new Listpack.Writer();
        for (int i = 0; i < size; i++) {
            Bytes element = list.get(i);
            if (open.count() > 0 && !list.nodeTakes(element.length(), open.length(), open.count())) {
                node(nodes, open);
                open = new Listpack.Writer();
                count++;
            }
            open.add(element);
        }
        node(nodes, open);
        out.length(count + 1L);
        out.bytes(nodes.content(), nodes.length());
    }

    /** Never a plain one: no element is as large as Redis's are (1 GB). */
    private static void node(RdbOutput nodes, Listpack.Writer content) {
        nodes.length(PACKED);
        nodes.blob(content.finished());
    }

    // ---- sets

    private void write(SetValue set) {
        int size = (int) set.size();
        if (set.encoding() == Encoding.INTSET) {
            type(RdbType.SET_INTSET);
            out.blob(intset(set, size));
        } else if (isListpack(set)) {
            type(RdbType.SET_LISTPACK);
            var packed = new Listpack.Writer();
            for (int i = 0; i < size; i++) {
                packed.add(set.memberAt(i));
            }
            out.blob(packed.finished());
        } else {
            type(RdbType.SET);
            out.length(size);
            for (int i = 0; i < size; i++) {
                out.string(set.memberAt(i));
            }
        }
    }

    /** Its members rise, so the first and the last need the most bytes. */
    private static Bytes intset(SetValue set, int size) {
        long min = RedisInteger.parse(set.memberAt(0));
        long max = RedisInteger.parse(set.memberAt(size - 1));
        boolean fitsTwo = min >= Short.MIN_VALUE && max <= Short.MAX_VALUE;
        boolean fitsFour = min >= Integer.MIN_VALUE && max <= Integer.MAX_VALUE;
        int width = fitsTwo ? 2 : fitsFour ? 4 : 8;
        var packed = new RdbOutput();
        packed.littleEndian(4, width);
        packed.littleEndian(4, size);
        for (int i = 0; i < size; i++) {
            packed.littleEndian(width, RedisInteger.parse(set.memberAt(i)));
        }
        return Bytes.wrap(packed.content());
    }

    // ---- hashes and sorted sets

    private void write(HashValue hash) {
        if (isListpack(hash)) {
            type(RdbType.HASH_LISTPACK);
            var packed = new Listpack.Writer();
            hash.forEach((field, value) -> {
                packed.add(field);
                packed.add(value);
            });
            out.blob(packed.finished());
        } else {
            type(RdbType.HASH);
            out.length(hash.size());
            hash.forEach((field, value) -> {
                out.string(field);
                out.string(value);
            });
        }
    }

    private void write(SortedSetValue sorted) {
        var all = new IndexRange(0, (int) sorted.size());
        if (isListpack(sorted)) {
            type(RdbType.ZSET_LISTPACK);
            var packed = new Listpack.Writer();
            sorted.forEachByRank(all, false, (member, score) -> {
                packed.add(member);
                packed.add(RedisDouble.format(score, scores));
            });
            out.blob(packed.finished());
        } else {
            type(RdbType.ZSET_2);
            out.length(sorted.size());
            // The highest first, so that whoever reads them adds each at the beginning.
            sorted.forEachByRank(all, true, (member, score) -> {
                out.string(member);
                out.littleEndian(Long.BYTES, Double.doubleToRawLongBits(score));
            });
        }
    }
}
