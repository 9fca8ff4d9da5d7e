package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keyAfter;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.KeySpec.KeyFinder;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.family.GeoQuery.Form;
import io.holdfast.engine.rule.GeoHash;
import io.holdfast.engine.rule.GeoPoint;
import io.holdfast.engine.rule.GeoShape;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.rule.ScoreRange;
import io.holdfast.engine.value.ScoredMember;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Places: sorted sets whose scores say where on earth their members are. */
public final class GeoCommands implements CommandFamily {
    private static final Bytes ZADD = Bytes.of("ZADD");
    private static final int DISTANCE_DIGITS = 4;
    private static final String COSTS = "O(N+log(M)) with the members in the cells around the area, and all of them";

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.GEO);
        declareMembers(commands);
        declareSearches(commands);
    }

    private static void declareMembers(CommandTable.Builder commands) {
        commands.write("GEOADD", atLeast(5), key(1, RW, UPDATE))
                .denyOom()
                .absorb()
                .since("3.2.0")
                .costs("O(log(N)) for each member, with the size of the sorted set")
                .says("Adds members with their places, or moves them.")
                .calls(GeoCommands::geoadd);
        commands.read("GEODIST", atLeast(4), key(1, RO, ACCESS))
                .since("3.2.0")
                .costs("O(1)")
                .says("Gives the distance between two members.")
                .calls(GeoCommands::geodist);
        commands.read("GEOHASH", atLeast(2), key(1, RO, ACCESS))
                .since("3.2.0")
                .costs("O(1) for each member")
                .says("Gives members' places as geohash.org writes them.")
                .calls(c -> ofMembers(c, Reply.Null.BULK, cell -> Reply.bulk(cell.letters())));
        commands.read("GEOPOS", atLeast(2), key(1, RO, ACCESS))
                .since("3.2.0")
                .costs("O(1) for each member")
                .says("Gives members' longitudes and latitudes.")
                .calls(c -> ofMembers(c, Reply.Null.ARRAY, cell -> coordinates(cell.middle())));
    }

    private static void declareSearches(CommandTable.Builder commands) {
        radius(commands, "GEORADIUS", Form.GEORADIUS).says("Gives or stores the members within a distance of a place.");
        radius(commands, "GEORADIUSBYMEMBER", Form.GEORADIUSBYMEMBER)
                .says("Gives or stores the members within a distance of a member.");
        commands.read("GEORADIUS_RO", atLeast(6), key(1, RO, ACCESS))
                .since("3.2.10")
                .costs(COSTS)
                .says("Gives the members within a distance of a place.")
                .calls(c -> search(c, Form.GEORADIUS, false));
        commands.read("GEORADIUSBYMEMBER_RO", atLeast(5), key(1, RO, ACCESS))
                .since("3.2.10")
                .costs(COSTS)
                .says("Gives the members within a distance of a member.")
                .calls(c -> search(c, Form.GEORADIUSBYMEMBER, false));
        commands.read("GEOSEARCH", atLeast(7), key(1, RO, ACCESS))
                .since("6.2.0")
                .costs(COSTS)
                .says("Gives the members within a circle or a box.")
                .calls(c -> search(c, Form.GEOSEARCH, false));
        commands.write("GEOSEARCHSTORE", atLeast(8), key(1, OW, UPDATE), key(2, RO, ACCESS))
                .denyOom()
                .absorb()
                .since("6.2.0")
                .costs(COSTS)
                .says("Stores the members within a circle or a box.")
                .calls(c -> search(c, Form.GEOSEARCHSTORE, true));
    }

    private static CommandSpec radius(CommandTable.Builder commands, String name, Form form) {
        return commands.write(
                        name,
                        atLeast(form.optionsAt),
                        key(1, RO, ACCESS),
                        keyAfter("STORE", form.optionsAt, OW, UPDATE).foundBy(destinations(form, "STORE")),
                        keyAfter("STOREDIST", form.optionsAt, OW, UPDATE).foundBy(destinations(form, "STOREDIST")))
                .denyOom()
                .flag(Flag.MOVABLEKEYS)
                .absorb()
                .since("3.2.0")
                .costs(COSTS)
                .calls(c -> search(c, form, true));
    }

    /** Each key behind {@code word}: the last one is stored into. */
    private static KeyFinder destinations(Form form, String word) {
        return (args, visitor) -> {
            for (int i = form.optionsAt; i + 1 < args.length; i++) {
                if (args[i].equalsIgnoreCase(word)) {
                    visitor.accept(i + 1);
                }
            }
        };
    }

    // ---- members

    /** A place becomes a score; ZADD does the rest, and names the effect. */
    private static Reply geoadd(CommandContext c) {
        int from = 2;
        boolean ifAbsent = false;
        boolean ifPresent = false;
        while (from < c.argc() && (c.argIs(from, "NX") || c.argIs(from, "XX") || c.argIs(from, "CH"))) {
            ifAbsent |= c.argIs(from, "NX");
            ifPresent |= c.argIs(from, "XX");
            from++;
        }
        if ((c.argc() - from) % 3 != 0 || (ifAbsent && ifPresent)) {
            throw RedisError.syntax();
        }
        List<Bytes> zadd = new ArrayList<>(List.of(c.args()).subList(0, from));
        zadd.set(0, ZADD);
        for (int i = from; i < c.argc(); i += 3) {
            GeoPoint place = GeoQuery.place(c, i);
            zadd.add(Bytes.of(GeoHash.of(place, GeoHash.STEPS_MAX).scoreMin()));
            zadd.add(c.arg(i + 2));
        }
        CommandSpec spec = Objects.requireNonNull(c.server().commands().find(ZADD));
        return c.instead(spec, zadd.toArray(Bytes[]::new));
    }

    private static Reply geodist(CommandContext c) {
        if (c.argc() > 5) {
            throw RedisError.syntax();
        }
        double metres = c.argc() == 5 ? GeoQuery.unit(c, 4) : 1;
        SortedSetValue places = c.read(c.arg(1), SortedSetValue.class);
        GeoHash from = places == null ? null : cell(places, c.arg(2));
        GeoHash to = places == null ? null : cell(places, c.arg(3));
        return from == null || to == null
                ? Reply.Null.BULK
                : distance(c, from.middle().distanceTo(to.middle()) / metres);
    }

    private static Reply ofMembers(CommandContext c, Reply absent, Function<GeoHash, Reply> present) {
        SortedSetValue places = c.read(c.arg(1), SortedSetValue.class);
        List<Reply> replies = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc(); i++) {
            GeoHash cell = places == null ? null : cell(places, c.arg(i));
            replies.add(cell == null ? absent : present.apply(cell));
        }
        return new Reply.Array(replies);
    }

    private static @Nullable GeoHash cell(SortedSetValue places, Bytes member) {
        double score = places.score(member);
        return Double.isNaN(score) ? null : GeoHash.ofScore(score);
    }

    private static Reply coordinates(GeoPoint place) {
        return Reply.array(coordinate(place.longitude()), coordinate(place.latitude()));
    }

    private static Reply coordinate(double degrees) {
        return new Reply.Real(degrees, RedisDouble.formatPlain(degrees));
    }

    /** Four digits; from 7.2 on those of the rounded product with 10000, before of the number itself. */
    private static Reply distance(CommandContext c, double distance) {
        BigDecimal fixed = c.config().version().atLeast(7, 2)
                ? BigDecimal.valueOf((long) Math.rint(distance * 10_000), DISTANCE_DIGITS)
                : RedisDouble.fixed(distance, DISTANCE_DIGITS);
        return Reply.bulk(fixed.toPlainString());
    }

    // ---- searches

    /** @param distance metres from the centre */
    private record Found(Bytes member, double score, GeoPoint place, double distance) {}

    private static Reply search(CommandContext c, Form form, boolean mayStore) {
        SortedSetValue source = c.read(c.arg(form.sourceAt), SortedSetValue.class);
        GeoQuery query = GeoQuery.parse(c, form, mayStore, source);
        GeoShape shape = query.shape();
        List<Found> found = source == null || shape == null ? List.of() : find(query, shape, source);
        Bytes target = query.storeAt;
        if (target == null) {
            return reply(c, query, found);
        }
        StoredResult.put(
                c,
                target,
                SortedSetCommands.fresh(c, shape == null ? List.of() : scored(query, shape.centre(), found)),
                form.searches() ? KeyEvent.GEOSEARCHSTORE : KeyEvent.GEORADIUSSTORE);
        return Reply.of(found.size());
    }

    private static List<Found> find(GeoQuery query, GeoShape shape, SortedSetValue source) {
        long enough = query.any ? query.count : Long.MAX_VALUE;
        List<Found> found = new ArrayList<>();
        for (GeoHash cell : shape.cells()) {
            if (found.size() >= enough) {
                break;
            }
            var scores = new ScoreRange(cell.scoreMin(), false, cell.scoreEnd(), true);
            source.forEachByScore(scores, false, 0, -1, (member, score) -> {
                if (found.size() < enough) {
                    GeoPoint place = GeoHash.ofScore(score).middle();
                    double distance = shape.centre().distanceTo(place);
                    if (shape.contains(place, distance)) {
                        found.add(new Found(member, score, place, distance));
                    }
                }
            });
        }
        Comparator<Found> nearestFirst = Comparator.comparingDouble(Found::distance);
        switch (query.order) {
            case AS_FOUND -> {}
            case NEAREST_FIRST -> found.sort(nearestFirst);
            case FARTHEST_FIRST -> found.sort(nearestFirst.reversed());
        }
        return query.count == 0 || found.size() <= query.count ? found : found.subList(0, (int) query.count);
    }

    private static List<ScoredMember> scored(GeoQuery query, GeoPoint centre, List<Found> found) {
        List<ScoredMember> members = new ArrayList<>(found.size());
        for (Found one : found) {
            double score = query.storesDistances ? centre.exactDistanceTo(one.place) / query.unitMetres : one.score;
            members.add(new ScoredMember(one.member, score));
        }
        return members;
    }

    private static Reply reply(CommandContext c, GeoQuery query, List<Found> found) {
        List<Reply> replies = new ArrayList<>(found.size());
        for (Found one : found) {
            List<Reply> facts = new ArrayList<>(4);
            facts.add(Reply.bulk(one.member));
            if (query.withDistances) {
                facts.add(distance(c, one.distance / query.unitMetres));
            }
            if (query.withHashes) {
                facts.add(Reply.of((long) one.score));
            }
            if (query.withPlaces) {
                facts.add(coordinates(one.place));
            }
            replies.add(facts.size() == 1 ? facts.get(0) : new Reply.Array(facts));
        }
        return new Reply.Array(replies);
    }
}
