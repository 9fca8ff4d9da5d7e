package io.holdfast.proxy.routing;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What ACL GETUSER of a Redis answers, as rules for ACL SETUSER, without the passwords. 6.2 lists patterns of keys and
 * channels one by one, 7.0 writes them as rules and has selectors. Stateless.
 */
final class UpstreamRights {
    /** What there is no such user any more may do. */
    static final List<Bytes> NO_USER = List.of(Bytes.of("-@all"));

    private UpstreamRights() {}

    /** @return latin-1 rules in the order they are to be applied; null when the reply tells nothing */
    static @Nullable List<Bytes> rules(Reply reply) {
        if (!(reply instanceof Reply.Array) && !(reply instanceof Reply.MapOf)) {
            return reply instanceof Reply.Failure ? null : NO_USER;
        }
        List<String> rules = new ArrayList<>();
        add(items(reply), rules);
        return rules.stream().map(Bytes::ofLatin1).toList();
    }

    private static void add(List<Reply> fields, List<String> rules) {
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            Reply value = fields.get(i + 1);
            switch (text(fields.get(i)).toLowerCase(Locale.ROOT)) {
                case "commands" -> addWords(text(value), rules);
                case "keys" -> addPatterns('~', value, rules);
                case "channels" -> addPatterns('&', value, rules);
                case "selectors" -> items(value).forEach(selector -> addSelector(selector, rules));
                default -> {
                    // flags and passwords: who logs in is asked of the upstream
                }
            }
        }
    }

    private static void addSelector(Reply selector, List<String> rules) {
        List<String> its = new ArrayList<>();
        add(items(selector), its);
        rules.add("(" + String.join(" ", its) + ")");
    }

    private static void addPatterns(char kind, Reply patterns, List<String> rules) {
        if (patterns instanceof Reply.Bulk) {
            addWords(text(patterns), rules);
        } else {
            items(patterns).forEach(pattern -> rules.add(kind + text(pattern)));
        }
    }

    private static void addWords(String words, List<String> rules) {
        for (String word : words.split(" ", -1)) {
            if (!word.isEmpty()) {
                rules.add(word);
            }
        }
    }

    private static List<Reply> items(Reply reply) {
        if (reply instanceof Reply.Array array) {
            return array.items();
        } else if (reply instanceof Reply.SetOf set) {
            return set.items();
        } else if (reply instanceof Reply.MapOf map) {
            return map.keysAndValues();
        }
        return List.of();
    }

    private static String text(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return bulk.value().latin1();
        }
        return reply instanceof Reply.Simple simple ? simple.text().latin1() : "";
    }
}
