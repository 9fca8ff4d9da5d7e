package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.unknown;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** SORT and SORT_RO: the elements of a list, set or sorted set in order, or what other keys say of them. */
public final class SortCommands implements CommandFamily {
    private static final Bytes DEL = Bytes.of("DEL");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.GENERIC);
        commands.write(
                        "SORT",
                        atLeast(2),
                        key(1, RO, ACCESS),
                        unknown(RO, ACCESS),
                        unknown(SortCommands::forEachDestination, OW, UPDATE))
                .denyOom()
                .flag(Flag.MOVABLEKEYS)
                .notIn(AclCategory.KEYSPACE)
                .category(AclCategory.SET, AclCategory.SORTEDSET, AclCategory.LIST, AclCategory.DANGEROUS)
                .absorbUnless(2, "STORE")
                // The copy may not hold the keys that BY and GET look at, so what was stored has to be fetched.
                .mirrors((args, reply) -> destination(args) < 0 ? List.of() : null)
                .costs("O(N+M*log(M)) with N elements and M of them returned")
                .says("Sorts a list, set or sorted set, and gives or stores what it found.")
                .calls(c -> sort(c, true));
        commands.read("SORT_RO", atLeast(2), key(1, RO, ACCESS), unknown(RO, ACCESS))
                .flag(Flag.MOVABLEKEYS)
                .notIn(AclCategory.KEYSPACE)
                .category(AclCategory.SET, AclCategory.SORTEDSET, AclCategory.LIST, AclCategory.DANGEROUS)
                .since("7.0.0")
                .costs("O(N+M*log(M)) with N elements and M of them returned")
                .says("Sorts a list, set or sorted set.")
                .calls(c -> sort(c, false));
    }

    private static void forEachDestination(Bytes[] args, IntConsumer visitor) {
        int at = destination(args);
        if (at > 0) {
            visitor.accept(at);
        }
    }

    /** Where the key stands that SORT stores into, the last one if there are several; −1 without STORE. */
    private static int destination(Bytes[] args) {
        int found = -1;
        for (int i = 2; i < args.length; i++) {
            if (args[i].equalsIgnoreCase("LIMIT")) {
                i += 2;
            } else if (args[i].equalsIgnoreCase("BY") || args[i].equalsIgnoreCase("GET")) {
                i++;
            } else if (args[i].equalsIgnoreCase("STORE") && i + 1 < args.length) {
                found = ++i;
            }
        }
        return found;
    }

    // ---- options

    private static final class Options {
        boolean descending;
        boolean alpha;
        long start;
        long count = -1;

        @Nullable Bytes store;

        @Nullable KeyPattern by;
        /** BY names no pattern: the elements stay in the order they have. */
        boolean asTheyStand;

        final List<KeyPattern> get = new ArrayList<>();

        static Options parse(CommandContext c, boolean mayStore) {
            var options = new Options();
            for (int i = 2; i < c.argc(); i++) {
                int left = c.argc() - i - 1;
                if (c.argIs(i, "ASC")) {
                    options.descending = false;
                } else if (c.argIs(i, "DESC")) {
                    options.descending = true;
                } else if (c.argIs(i, "ALPHA")) {
                    options.alpha = true;
                } else if (c.argIs(i, "LIMIT") && left >= 2) {
                    options.start = c.longArg(++i);
                    options.count = c.longArg(++i);
                } else if (c.argIs(i, "STORE") && left >= 1 && mayStore) {
                    options.store = c.arg(++i);
                } else if (c.argIs(i, "BY") && left >= 1) {
                    options.by = new KeyPattern(c.arg(++i));
                    options.asTheyStand |= !options.by.hasStar();
                    requireReadOfEveryKey(c, "BY", options.by.hasStar());
                } else if (c.argIs(i, "GET") && left >= 1) {
                    options.get.add(new KeyPattern(c.arg(++i)));
                    requireReadOfEveryKey(c, "GET", true);
                } else {
                    throw RedisError.syntax();
                }
            }
            return options;
        }

        /** What a pattern leads to cannot be checked key by key. */
        private static void requireReadOfEveryKey(CommandContext c, String option, boolean leadsToKeys) {
            if (leadsToKeys && !c.session().mayReadEveryKeyWith(c.spec(), c.args())) {
                throw RedisError.of("ERR " + option + " option of SORT denied due to insufficient ACL permissions.");
            }
        }

        /** A set has no order of its own, but what is stored, or what a script sees, must not depend on chance. */
        void settleOrderFor(@Nullable Value value, boolean inScript) {
            if (asTheyStand && (store != null || inScript) && value instanceof SetValue) {
                asTheyStand = false;
                alpha = true;
                by = null;
            }
        }
    }

    // ---- sorting

    private static Reply sort(CommandContext c, boolean mayStore) {
        var options = Options.parse(c, mayStore);
        KeyRecord record = c.look(c.arg(1));
        Value value = record == null ? null : record.value();
        options.settleOrderFor(value, c.isInScript());
        List<Bytes> elements = elements(value, options.asTheyStand && options.descending);
        if (!options.asTheyStand) {
            elements = sorted(c, elements, options);
        }
        List<@Nullable Bytes> found = found(c, limited(elements, options), options.get);
        return options.store == null ? reply(found) : store(c, options.store, found);
    }

    /** @param backwards the order that the value has by itself, from its end; a set has none */
    private static List<Bytes> elements(@Nullable Value value, boolean backwards) {
        List<Bytes> elements = new ArrayList<>();
        if (value instanceof ListValue list) {
            list.forEach(0, (int) list.size(), elements::add);
            if (backwards) {
                Collections.reverse(elements);
            }
        } else if (value instanceof SetValue set) {
            set.forEach(elements::add);
        } else if (value instanceof SortedSetValue sorted) {
            sorted.leaveListpack(); // as Redis does, to walk it
            sorted.forEachByRank(
                    new IndexRange(0, (int) sorted.size()), backwards, (member, score) -> elements.add(member));
        } else if (value != null) {
            throw RedisError.wrongType();
        }
        return elements;
    }

    /** An element with what it is sorted by; {@code text} is null where BY leads to nothing. */
    private record Weighed(
            Bytes element, double number, @Nullable Bytes text) {}

    private static List<Bytes> sorted(CommandContext c, List<Bytes> elements, Options options) {
        var weighed = new ArrayList<Weighed>(elements.size());
        for (Bytes element : elements) {
            Bytes weight = options.by == null ? element : options.by.look(c, element);
            weighed.add(new Weighed(element, options.alpha ? 0 : number(weight), weight));
        }
        Comparator<Weighed> order = options.alpha
                ? Comparator.comparing(Weighed::text, Comparator.nullsFirst(Comparator.naturalOrder()))
                : Comparator.comparingDouble(Weighed::number).thenComparing(Weighed::element);
        weighed.sort(options.descending ? order.reversed() : order);
        var sorted = new ArrayList<Bytes>(weighed.size());
        weighed.forEach(one -> sorted.add(one.element));
        return sorted;
    }

    private static double number(@Nullable Bytes text) {
        double number = text == null ? 0 : RedisDouble.parseWeight(text);
        if (Double.isNaN(number)) {
            throw RedisError.of("ERR One or more scores can't be converted into double");
        }
        return number + 0.0; // −0 and 0 are the same weight
    }

    private static List<Bytes> limited(List<Bytes> elements, Options options) {
        int size = elements.size();
        int from = (int) Math.min(Math.max(options.start, 0), size);
        int count = options.count < 0 ? size : (int) Math.min(options.count, size);
        return elements.subList(from, Math.min(from + count, size));
    }

    // ---- giving

    private static List<@Nullable Bytes> found(CommandContext c, List<Bytes> elements, List<KeyPattern> get) {
        if (get.isEmpty()) {
            return new ArrayList<>(elements);
        }
        List<@Nullable Bytes> found = new ArrayList<>();
        for (Bytes element : elements) {
            for (KeyPattern pattern : get) {
                found.add(pattern.look(c, element));
            }
        }
        return found;
    }

    private static Reply reply(List<@Nullable Bytes> found) {
        List<Reply> items = new ArrayList<>(found.size());
        for (Bytes one : found) {
            items.add(one == null ? Reply.Null.BULK : Reply.bulk(one));
        }
        return new Reply.Array(items);
    }

    private static Reply store(CommandContext c, Bytes destination, List<@Nullable Bytes> found) {
        if (found.isEmpty()) {
            if (c.remove(destination)) {
                c.event(KeyEvent.DEL, destination);
                c.effect(DEL, destination);
            }
            return Reply.ZERO;
        }
        var list = new ListValue(c.config().encodingLimits());
        for (Bytes one : found) {
            list.pushTail(one == null ? Bytes.EMPTY : one);
        }
        c.put(destination, list);
        c.event(KeyEvent.SORTSTORE, destination);
        c.effects(ValueEffects.replace(
                c.session().db(), destination, list, KeyRecord.NEVER, c.config().version()));
        return Reply.of(found.size());
    }

    /** A key name with a {@code *} for the element, perhaps with {@code ->field}; {@code #} is the element itself. */
    private record KeyPattern(Bytes text) {
        boolean hasStar() {
            return text.latin1().indexOf('*') >= 0;
        }

        @Nullable Bytes look(CommandContext c, Bytes element) {
            String pattern = text.latin1();
            if (pattern.equals("#")) {
                return element;
            }
            int star = pattern.indexOf('*');
            if (star < 0) {
                return null;
            }
            int arrow = pattern.indexOf("->", star + 1);
            boolean ofField = arrow >= 0 && arrow + 2 < pattern.length();
            int end = ofField ? arrow : text.length();
            KeyRecord record = c.look(join(text.slice(0, star), element, text.slice(star + 1, end)));
            if (record == null) {
                return null;
            }
            if (ofField) {
                return record.value() instanceof HashValue hash ? hash.get(text.slice(arrow + 2, text.length())) : null;
            }
            return record.value() instanceof StringValue string ? string.bytes() : null;
        }

        private static Bytes join(Bytes before, Bytes element, Bytes behind) {
            byte[] joined = new byte[before.length() + element.length() + behind.length()];
            System.arraycopy(before.array(), 0, joined, 0, before.length());
            System.arraycopy(element.array(), 0, joined, before.length(), element.length());
            System.arraycopy(behind.array(), 0, joined, before.length() + element.length(), behind.length());
            return Bytes.wrap(joined);
        }
    }
}
