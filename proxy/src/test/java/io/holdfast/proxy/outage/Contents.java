package io.holdfast.proxy.outage;

import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What a few keys must hold: the simplest thing that adds, pushes and deletes as Redis does. For one thread. */
final class Contents {
    private final SortedMap<String, String> strings = new TreeMap<>();
    private final SortedMap<String, SortedMap<String, Long>> hashes = new TreeMap<>();
    private final SortedMap<String, List<String>> lists = new TreeMap<>();
    private final SortedMap<String, SortedSet<String>> sets = new TreeMap<>();
    private final SortedMap<String, SortedMap<String, Long>> sortedSets = new TreeMap<>();

    long add(String key, long by) {
        long sum = Long.parseLong(strings.getOrDefault(key, "0")) + by;
        strings.put(key, Long.toString(sum));
        return sum;
    }

    void set(String key, String value) {
        strings.put(key, value);
    }

    long addToField(String key, String field, long by) {
        return hashes.computeIfAbsent(key, k -> new TreeMap<>()).merge(field, by, Long::sum);
    }

    int push(String key, boolean left, String value) {
        List<String> list = lists.computeIfAbsent(key, k -> new ArrayList<>());
        if (left) {
            list.add(0, value);
        } else {
            list.add(value);
        }
        return list.size();
    }

    void addMember(String key, String member) {
        sets.computeIfAbsent(key, k -> new TreeSet<>()).add(member);
    }

    long addToScore(String key, String member, long by) {
        return sortedSets.computeIfAbsent(key, k -> new TreeMap<>()).merge(member, by, Long::sum);
    }

    /** @return how many there were: 0 or 1 */
    int deleteList(String key) {
        return lists.remove(key) == null ? 0 : 1;
    }

    void addAll(Contents others) {
        strings.putAll(others.strings);
        hashes.putAll(others.hashes);
        lists.putAll(others.lists);
        sets.putAll(others.sets);
        sortedSets.putAll(others.sortedSets);
    }

    /** Each key and its value as text, such as {@code list [a, b]}. */
    SortedMap<String, String> texts(Predicate<String> wanted) {
        var texts = new TreeMap<String, String>();
        strings.forEach((key, value) -> texts.put(key, "string " + value));
        hashes.forEach((key, value) -> texts.put(key, "hash " + value));
        lists.forEach((key, value) -> texts.put(key, "list " + value));
        sets.forEach((key, value) -> texts.put(key, "set " + value));
        sortedSets.forEach((key, value) -> texts.put(key, "zset " + value));
        texts.keySet().removeIf(wanted.negate());
        return texts;
    }

    /** The same of the keys that a server has; what Holdfast keeps there for itself is left out. */
    static SortedMap<String, String> textsOf(RespClient server, Predicate<String> wanted) {
        var texts = new TreeMap<String, String>();
        for (String key : words(server.call("KEYS", "*"))) {
            if (wanted.test(key) && !key.startsWith("holdfast:")) {
                String type = Rig.text(server.call("TYPE", key));
                texts.put(key, type + " " + read(server, type, key));
            }
        }
        return texts;
    }

    private static Object read(RespClient server, String type, String key) {
        return switch (type) {
            case "string" -> Rig.text(server.call("GET", key));
            case "hash" -> pairs(words(server.call("HGETALL", key)));
            case "list" -> words(server.call("LRANGE", key, "0", "-1"));
            case "set" -> new TreeSet<>(words(server.call("SMEMBERS", key)));
            case "zset" -> pairs(words(server.call("ZRANGE", key, "0", "-1", "WITHSCORES")));
            default -> "?";
        };
    }

    private static SortedMap<String, String> pairs(List<String> words) {
        var pairs = new TreeMap<String, String>();
        for (int i = 0; i < words.size(); i += 2) {
            pairs.put(words.get(i), words.get(i + 1));
        }
        return pairs;
    }

    private static List<String> words(Reply reply) {
        if (!(reply instanceof Reply.Array array)) {
            throw new IllegalStateException("not an array: " + Rig.text(reply));
        }
        return array.items().stream().map(Rig::text).toList();
    }
}
