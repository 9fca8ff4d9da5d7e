package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;

/** What a key holds, as far as it takes to tell whether somebody changed it. Immutable. */
sealed interface Content {
    /** No value to compare. */
    enum Nothing implements Content {
        /** The key is not there. */
        ABSENT,
        /** What is there is too big, a type of a module, or not for this user to read. */
        UNREADABLE
    }

    record Text(Bytes value) implements Content {}

    /**
     * A hash, set or sorted set. One flat list, for a big one is here only to be found the same: a table of it is made where
     * it is not.
     *
     * @param type as TYPE answers
     * @param words each field and its value, each member and its score, or each member of a set
     */
    record Parts(String type, List<Bytes> words) implements Content {
        static final Parts NONE = new Parts("none", List.of());

        /** Takes each field with its value, each member with its score or with nothing. */
        void forEach(BiConsumer<Bytes, Bytes> taker) {
            boolean isSet = type.equals("set");
            int step = isSet ? 1 : 2;
            for (int i = 0; i + step <= words.size(); i += step) {
                taker.accept(words.get(i), isSet ? Bytes.EMPTY : words.get(i + 1));
            }
        }

        /** A table of its own for who asks, by field or member. */
        Map<Bytes, Bytes> table() {
            Map<Bytes, Bytes> table = new HashMap<>();
            forEach(table::put);
            return table;
        }
    }

    record Items(List<Bytes> elements) implements Content {}

    /**
     * A stream, but for its groups: reading it changes those.
     *
     * @param entries each an id and then its fields and values
     */
    record Entries(List<List<Bytes>> entries) implements Content {}

    /** As TYPE answers. */
    default String type() {
        if (this instanceof Text) {
            return "string";
        } else if (this instanceof Parts parts) {
            return parts.type;
        }
        if (this instanceof Entries) {
            return "stream";
        }
        return this instanceof Items ? "list" : "none";
    }

    Bytes MAXLEN = Bytes.of("MAXLEN");

    // ---- what a base says

    /** What the effects of a BASE entry make of nothing, their times to live aside. */
    static Content of(List<Effect> effects) {
        List<Bytes> words = new ArrayList<>();
        List<List<Bytes>> entries = new ArrayList<>();
        Content found = Nothing.ABSENT;
        for (Effect effect : effects) {
            List<Bytes> command = effect.command();
            switch (command.get(0).latin1().toUpperCase(Locale.ROOT)) {
                case "DEL", "PEXPIREAT", "XSETID", "XGROUP", "XCLAIM" -> {}
                case "SET" -> found = new Text(command.get(2));
                case "HSET" -> {
                    words.addAll(command.subList(2, command.size()));
                    found = new Parts("hash", words);
                }
                case "SADD" -> {
                    words.addAll(command.subList(2, command.size()));
                    found = new Parts("set", words);
                }
                case "ZADD" -> {
                    for (int i = 2; i + 1 < command.size(); i += 2) {
                        words.add(command.get(i + 1));
                        words.add(score(command.get(i)));
                    }
                    found = new Parts("zset", words);
                }
                case "RPUSH" -> {
                    words.addAll(command.subList(2, command.size()));
                    found = new Items(words);
                }
                case "XADD" -> {
                    if (command.get(2).equals(MAXLEN)) {
                        return new Entries(List.of()); // it makes a stream without entries, by one that goes at once
                    }
                    entries.add(command.subList(2, command.size()));
                    found = new Entries(entries);
                }
                default -> {
                    return Nothing.UNREADABLE; // such as a stream with stand-ins for entries that are pending and gone
                }
            }
        }
        return found;
    }

    // ---- what the upstream says

    /** What tells how big a value of {@code type} is: elements, or bytes. */
    static List<Bytes> size(String type, Bytes key) {
        String command = switch (type) {
            case "hash" -> "HLEN";
            case "set" -> "SCARD";
            case "zset" -> "ZCARD";
            case "list" -> "LLEN";
            case "stream" -> "XLEN";
            default -> "STRLEN";
        };
        return List.of(Bytes.of(command), key);
    }

    /** What reads the whole of a value of {@code type}. */
    static List<Bytes> read(String type, Bytes key) {
        return switch (type) {
            case "hash" -> List.of(Bytes.of("HGETALL"), key);
            case "set" -> List.of(Bytes.of("SMEMBERS"), key);
            case "zset" -> List.of(Bytes.of("ZRANGE"), key, Bytes.of(0), Bytes.of(-1), Bytes.of("WITHSCORES"));
            case "list" -> List.of(Bytes.of("LRANGE"), key, Bytes.of(0), Bytes.of(-1));
            case "stream" -> List.of(Bytes.of("XRANGE"), key, Bytes.of("-"), Bytes.of("+"));
            default -> List.of(Bytes.of("GET"), key);
        };
    }

    /**
     * What the upstream holds, from its answer to {@link #read} in RESP2.
     *
     * @param type as TYPE answered
     */
    static Content of(String type, Reply read) {
        if (type.equals("string") && read instanceof Reply.Bulk text) {
            return new Text(text.value());
        }
        if (!(read instanceof Reply.Array array)) {
            return Nothing.UNREADABLE;
        }
        List<Reply> items = array.items();
        switch (type) {
            case "hash", "set" -> {
                return new Parts(type, texts(items));
            }
            case "zset" -> {
                List<Bytes> words = new ArrayList<>(items.size());
                for (int i = 0; i + 1 < items.size(); i += 2) {
                    words.add(text(items.get(i)));
                    words.add(score(text(items.get(i + 1))));
                }
                return new Parts(type, words);
            }
            case "list" -> {
                return new Items(texts(items));
            }
            case "stream" -> {
                return new Entries(items.stream().map(Content::entry).toList());
            }
            default -> {
                return Nothing.UNREADABLE;
            }
        }
    }

    private static List<Bytes> entry(Reply reply) {
        List<Bytes> words = new ArrayList<>();
        if (reply instanceof Reply.Array idAndFields && idAndFields.items().size() == 2) {
            words.add(text(idAndFields.items().get(0)));
            if (idAndFields.items().get(1) instanceof Reply.Array fields) {
                fields.items().forEach(word -> words.add(text(word)));
            }
        }
        return words;
    }

    private static List<Bytes> texts(List<Reply> items) {
        return items.stream().map(Content::text).toList();
    }

    static Bytes text(Reply reply) {
        return reply instanceof Reply.Bulk bulk ? bulk.value() : Bytes.EMPTY;
    }

    /** A score in one spelling, whichever Redis printed it. */
    static Bytes score(Bytes printed) {
        return RedisDouble.format(RedisDouble.parse(printed), DoubleStyle.G17);
    }
}
