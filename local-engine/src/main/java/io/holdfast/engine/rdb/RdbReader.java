package io.holdfast.engine.rdb;

import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.ScoredMember;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Builds one value from its bytes, or says that they are none. For one value each. */
final class RdbReader {
    private static final int PLAIN = 1;
    private static final int PACKED = 2;

    private final RdbInput in;
    private final EncodingLimits limits;

    RdbReader(RdbInput in, EncodingLimits limits) {
        this.in = in;
        this.limits = limits;
    }

    Value read() throws CorruptDataException {
        int code = in.u8();
        RdbType type = RdbType.of(code);
        if (type == null) {
            throw new CorruptDataException("no such type: " + code);
        }
        return switch (type) {
            case STRING -> new StringValue(in.string());
            case LIST -> list(strings(in.count()));
            case LIST_ZIPLIST -> list(Ziplist.read(in.string()));
            case LIST_QUICKLIST, LIST_QUICKLIST_2 -> list(quicklist(type));
            case SET -> set(strings(in.count()));
            case SET_INTSET -> set(intset(in.string()));
            case SET_LISTPACK -> set(Listpack.read(in.string()));
            case HASH -> hash(strings(pairs(in.count())));
            case HASH_ZIPLIST -> hash(Ziplist.read(in.string()));
            case HASH_LISTPACK -> hash(Listpack.read(in.string()));
            case ZSET, ZSET_2 -> sorted(scored(type));
            case ZSET_ZIPLIST -> sorted(scored(Ziplist.read(in.string())));
            case ZSET_LISTPACK -> sorted(scored(Listpack.read(in.string())));
            case STREAM_LISTPACKS, STREAM_LISTPACKS_2, STREAM_LISTPACKS_3 -> new StreamReader(in, limits, type).read();
        };
    }

    private static int pairs(int count) throws CorruptDataException {
        if (count > Integer.MAX_VALUE / 2) {
            throw new CorruptDataException("too many fields");
        }
        return 2 * count;
    }

    private List<Bytes> strings(int count) throws CorruptDataException {
        List<Bytes> strings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            strings.add(in.string());
        }
        return strings;
    }

    private ListValue list(List<Bytes> elements) throws CorruptDataException {
        requireSome(elements);
        var list = new ListValue(limits);
        elements.forEach(list::pushTail);
        return list;
    }

    private static void requireSome(List<?> elements) throws CorruptDataException {
        if (elements.isEmpty()) {
            throw new CorruptDataException("nothing in it");
        }
    }

    private List<Bytes> quicklist(RdbType type) throws CorruptDataException {
        List<Bytes> elements = new ArrayList<>();
        int nodes = in.count();
        for (int i = 0; i < nodes; i++) {
            long container = type == RdbType.LIST_QUICKLIST ? PACKED : in.length();
            Bytes node = in.string();
            if (container == PLAIN) {
                elements.add(node);
            } else if (container == PACKED) {
                elements.addAll(type == RdbType.LIST_QUICKLIST ? Ziplist.read(node) : Listpack.read(node));
            } else {
                throw new CorruptDataException("no such container: " + container);
            }
        }
        return elements;
    }

    private SetValue set(List<Bytes> members) throws CorruptDataException {
        requireSome(members);
        var set = new SetValue(limits);
        for (Bytes member : members) {
            if (!set.add(member)) {
                throw new CorruptDataException("a member twice");
            }
        }
        return set;
    }

    /** 4: bytes an integer | 4: count | integers, rising. */
    private static List<Bytes> intset(Bytes packed) throws CorruptDataException {
        byte[] bytes = packed.array();
        int header = 8;
        long width = bytes.length < header ? 0 : LittleEndian.number(bytes, 0, 4);
        boolean known = width == 2 || width == 4 || width == 8;
        if (!known || LittleEndian.number(bytes, 4, 4) * width != bytes.length - header) {
            throw new CorruptDataException("not an intset");
        }
        List<Bytes> members = new ArrayList<>();
        long before = Long.MIN_VALUE;
        for (int at = header; at < bytes.length; at += (int) width) {
            long number = LittleEndian.signed(bytes, at, (int) width);
            if (number < before || (number == before && !members.isEmpty())) {
                throw new CorruptDataException("an intset out of order");
            }
            members.add(Bytes.of(number));
            before = number;
        }
        return members;
    }

    private HashValue hash(List<Bytes> fieldsAndValues) throws CorruptDataException {
        requireSome(fieldsAndValues);
        requirePairs(fieldsAndValues);
        var hash = new HashValue(limits);
        for (int i = 0; i < fieldsAndValues.size(); i += 2) {
            if (!hash.put(fieldsAndValues.get(i), fieldsAndValues.get(i + 1))) {
                throw new CorruptDataException("a field twice");
            }
        }
        return hash;
    }

    private static void requirePairs(List<Bytes> elements) throws CorruptDataException {
        if (elements.size() % 2 != 0) {
            throw new CorruptDataException("half a pair");
        }
    }

    private List<ScoredMember> scored(RdbType type) throws CorruptDataException {
        int count = in.count();
        List<ScoredMember> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Bytes member = in.string();
            members.add(new ScoredMember(member, type == RdbType.ZSET ? in.textualReal() : in.real()));
        }
        return members;
    }

    private static List<ScoredMember> scored(List<Bytes> membersAndScores) throws CorruptDataException {
        requirePairs(membersAndScores);
        List<ScoredMember> members = new ArrayList<>();
        for (int i = 0; i < membersAndScores.size(); i += 2) {
            double score = RdbInput.score(RedisDouble.parse(membersAndScores.get(i + 1)));
            members.add(new ScoredMember(membersAndScores.get(i), score));
        }
        return members;
    }

    private SortedSetValue sorted(List<ScoredMember> members) throws CorruptDataException {
        requireSome(members);
        Set<Bytes> names = new HashSet<>();
        for (ScoredMember scored : members) {
            if (!names.add(scored.member())) {
                throw new CorruptDataException("a member twice");
            }
        }
        return SortedSetValue.of(limits, members);
    }
}
