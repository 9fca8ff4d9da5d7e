package io.holdfast.engine.family;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.command.KeySpec;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** A command's row as COMMAND INFO and COMMAND DOCS lay it out (redis.io/docs/latest/commands/command). */
final class CommandReplies {
    private CommandReplies() {}

    // ---- for clients

    /** Name, arity, flags, three old numbers for the keys, ACL categories, tips, key specifications, subcommands. */
    static Reply info(CommandSpec spec, RedisVersion version) {
        var keys = LegacyKeys.of(spec.keySpecs());
        var flags = EnumSet.noneOf(Flag.class);
        flags.addAll(spec.flags());
        flags.remove(Flag.MAY_REPLICATE); // Redis does not show it
        if (keys.movable) {
            flags.add(Flag.MOVABLEKEYS);
        }
        return Reply.array(
                Reply.bulk(spec.fullName()),
                Reply.of(spec.arity(version).value()),
                words(flags, Flag::redisName),
                Reply.of(keys.first),
                Reply.of(keys.last),
                Reply.of(keys.step),
                words(spec.categories(), AclCategory::redisName),
                setOf(spec.tips(), Reply::bulk),
                setOf(spec.keySpecs(), CommandReplies::keySpec),
                setOf(spec.subcommands(), sub -> info(sub, version)));
    }

    static Reply keyFlags(Set<KeyFlag> flags) {
        return words(flags, KeyFlag::redisName);
    }

    private static <T> Reply words(Collection<T> things, Function<T, String> name) {
        return setOf(things, thing -> Reply.simple(name.apply(thing)));
    }

    private static <T> Reply setOf(Collection<T> things, Function<T, Reply> shape) {
        return new Reply.SetOf(things.stream().map(shape).toList());
    }

    private static Reply keySpec(KeySpec spec) {
        return map(
                "flags", keyFlags(spec.flags()), "begin_search", begin(spec.begin()), "find_keys", find(spec.told()));
    }

    private static Reply begin(KeySpec.Begin begin) {
        if (begin instanceof KeySpec.Begin.Index index) {
            return typed("index", map("index", Reply.of(index.position())));
        }
        if (begin instanceof KeySpec.Begin.Keyword keyword) {
            return typed("keyword", map("keyword", Reply.bulk(keyword.word()), "startfrom", Reply.of(keyword.from())));
        }
        return typed("unknown", Reply.EMPTY_MAP);
    }

    private static Reply find(KeySpec.Find find) {
        if (find instanceof KeySpec.Find.Range range) {
            return typed(
                    "range",
                    map(
                            "lastkey", Reply.of(range.last()),
                            "keystep", Reply.of(range.step()),
                            "limit", Reply.of(range.limit())));
        }
        if (find instanceof KeySpec.Find.KeyNum counted) {
            return typed(
                    "keynum",
                    map(
                            "keynumidx", Reply.of(counted.count()),
                            "firstkey", Reply.of(counted.first()),
                            "keystep", Reply.of(counted.step())));
        }
        return typed("unknown", Reply.EMPTY_MAP);
    }

    private static Reply typed(String type, Reply spec) {
        return map("type", Reply.bulk(type), "spec", spec);
    }

    /** @param namesAndReplies a String and a Reply in turn */
    private static Reply map(Object... namesAndReplies) {
        List<Reply> items = new ArrayList<>(namesAndReplies.length);
        for (Object one : namesAndReplies) {
            items.add(one instanceof Reply reply ? reply : Reply.bulk((String) one));
        }
        return new Reply.MapOf(items);
    }

    /**
     * First key, last key and step, by which clients older than key specifications find keys. Where those three cannot
     * say it, they tell what they can, and the command's keys are movable.
     */
    private record LegacyKeys(int first, int last, int step, boolean movable) {
        static LegacyKeys of(List<KeySpec> specs) {
            if (specs.size() == 1
                    && specs.get(0).begin() instanceof KeySpec.Begin.Index index
                    && specs.get(0).told() instanceof KeySpec.Find.Range range) {
                return new LegacyKeys(
                        index.position(), absolute(index, range), range.step(), isIncomplete(specs.get(0)));
            }
            int first = 0;
            int last = 0;
            boolean movable = false;
            for (KeySpec spec : specs) {
                boolean follows = spec.begin() instanceof KeySpec.Begin.Index index
                        && spec.told() instanceof KeySpec.Find.Range range
                        && range.step() == 1
                        && (last == 0 || last == index.position() - 1);
                movable |= !follows || isIncomplete(spec);
                if (follows
                        && spec.begin() instanceof KeySpec.Begin.Index index
                        && spec.told() instanceof KeySpec.Find.Range range) {
                    first = first == 0 ? index.position() : first;
                    last = absolute(index, range);
                }
            }
            return new LegacyKeys(first, last, first == 0 ? 0 : 1, movable);
        }

        private static int absolute(KeySpec.Begin.Index index, KeySpec.Find.Range range) {
            return range.last() < 0 ? range.last() : index.position() + range.last();
        }

        private static boolean isIncomplete(KeySpec spec) {
            return spec.flags().contains(KeyFlag.INCOMPLETE);
        }
    }

    // ---- for people

    static Reply docs(CommandSpec spec, RedisVersion version) {
        var arguments = ArgumentDocs.of(spec.fullName());
        List<Reply> docs = new ArrayList<>();
        add(docs, "summary", Reply.bulk(spec.summary()));
        add(docs, "since", Reply.bulk(spec.since()));
        add(docs, "group", Reply.bulk(spec.group().redisName()));
        if (!spec.complexity().isEmpty()) {
            add(docs, "complexity", Reply.bulk(spec.complexity()));
        }
        if (!arguments.docFlag().isEmpty()) {
            add(docs, "doc_flags", words(List.of(arguments.docFlag()), flag -> flag));
        }
        if (!arguments.deprecatedSince().isEmpty()) {
            add(docs, "deprecated_since", Reply.bulk(arguments.deprecatedSince()));
        }
        Map<String, List<String>> additions = new TreeMap<>();
        arguments.forEachAddition(
                version,
                (since, word) -> additions
                        .computeIfAbsent(since, unused -> new ArrayList<>())
                        .add(word));
        if (!additions.isEmpty()) {
            add(docs, "history", setOf(additions.entrySet(), CommandReplies::addition));
        }
        if (!arguments.isEmpty()) {
            add(docs, "arguments", arguments.reply(version));
        }
        if (spec.hasSubcommands()) {
            List<Reply> subcommands = new ArrayList<>();
            for (CommandSpec subcommand : spec.subcommands()) {
                add(subcommands, subcommand.fullName(), docs(subcommand, version));
            }
            add(docs, "subcommands", new Reply.MapOf(subcommands));
        }
        return new Reply.MapOf(docs);
    }

    private static Reply addition(Map.Entry<String, List<String>> words) {
        return Reply.array(
                Reply.bulk(words.getKey()), Reply.bulk("Takes " + String.join(", ", words.getValue()) + " too."));
    }

    private static void add(List<Reply> map, String name, Reply value) {
        map.add(new Reply.Bulk(Bytes.of(name)));
        map.add(value);
    }
}
