package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.GeoHash;
import io.holdfast.engine.rule.GeoPoint;
import io.holdfast.engine.rule.GeoShape;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** What one of the commands that search for places asks for, read argument by argument as Redis does. */
final class GeoQuery {
    /** Which command asks. */
    enum Form {
        GEORADIUS(1, 6),
        GEORADIUSBYMEMBER(1, 5),
        GEOSEARCH(1, 2),
        GEOSEARCHSTORE(2, 3);

        final int sourceAt;
        final int optionsAt;

        Form(int sourceAt, int optionsAt) {
            this.sourceAt = sourceAt;
            this.optionsAt = optionsAt;
        }

        boolean searches() {
            return this == GEOSEARCH || this == GEOSEARCHSTORE;
        }
    }

    /** In which order what is found comes. */
    enum Order {
        AS_FOUND,
        NEAREST_FIRST,
        FARTHEST_FIRST
    }

    /** Metres in a unit of length. */
    private enum Unit {
        M(1),
        KM(1000),
        FT(0.3048),
        MI(1609.34);

        final double metres;

        Unit(double metres) {
            this.metres = metres;
        }
    }

    private final CommandContext c;
    private final Form form;
    private final boolean mayStore;
    private final @Nullable SortedSetValue source;

    private @Nullable GeoPoint centre;
    private boolean fromMember;
    private boolean fromPlace;
    private boolean circle;
    private boolean box;
    private double width;
    private double height;

    /** Null: the answer goes to the client. */
    @Nullable Bytes storeAt;

    boolean storesDistances;
    boolean withDistances;
    boolean withHashes;
    boolean withPlaces;
    boolean any;
    long count;
    Order order = Order.AS_FOUND;
    double unitMetres = 1;

    private GeoQuery(CommandContext c, Form form, boolean mayStore, @Nullable SortedSetValue source) {
        this.c = c;
        this.form = form;
        this.mayStore = mayStore;
        this.source = source;
    }

    /**
     * @param mayStore whether GEORADIUS knows STORE: its _RO form does not
     * @param source where members are looked up; null when its key is missing
     */
    static GeoQuery parse(CommandContext c, Form form, boolean mayStore, @Nullable SortedSetValue source) {
        var query = new GeoQuery(c, form, mayStore, source);
        query.readFixed();
        for (int i = form.optionsAt; i < c.argc(); ) {
            i = query.readOption(i);
        }
        query.check();
        return query;
    }

    private void readFixed() {
        if (form == Form.GEORADIUS) {
            centre = place(c, 2);
            readRadius(4);
        } else if (form == Form.GEORADIUSBYMEMBER && source != null) {
            centre = placeOf(source, c.arg(2));
            readRadius(3);
        } else if (form == Form.GEOSEARCHSTORE) {
            storeAt = c.arg(1);
        }
    }

    /** Reads the option at an argument, and gives the argument behind it. */
    private int readOption(int i) {
        int left = c.argc() - i - 1;
        if (c.argIs(i, "WITHDIST")) {
            withDistances = true;
        } else if (c.argIs(i, "WITHHASH")) {
            withHashes = true;
        } else if (c.argIs(i, "WITHCOORD")) {
            withPlaces = true;
        } else if (c.argIs(i, "ANY")) {
            any = true;
        } else if (c.argIs(i, "ASC")) {
            order = Order.NEAREST_FIRST;
        } else if (c.argIs(i, "DESC")) {
            order = Order.FARTHEST_FIRST;
        } else if (c.argIs(i, "COUNT") && left >= 1) {
            count = c.longArg(i + 1);
            if (count <= 0) {
                throw RedisError.of("ERR COUNT must be > 0");
            }
            return i + 2;
        } else if (!form.searches() && mayStore && left >= 1 && (c.argIs(i, "STORE") || c.argIs(i, "STOREDIST"))) {
            storeAt = c.arg(i + 1);
            storesDistances = c.argIs(i, "STOREDIST");
            return i + 2;
        } else if (form.searches()) {
            return readSearchOption(i, left);
        } else {
            throw RedisError.syntax();
        }
        return i + 1;
    }

    private int readSearchOption(int i, int left) {
        if (!fromPlace && c.argIs(i, "FROMMEMBER") && left >= 1) {
            fromMember = true;
            centre = source == null ? centre : placeOf(source, c.arg(i + 1));
            return i + 2;
        }
        if (!fromMember && c.argIs(i, "FROMLONLAT") && left >= 2) {
            fromPlace = true;
            centre = place(c, i + 1);
            return i + 3;
        }
        if (!box && c.argIs(i, "BYRADIUS") && left >= 2) {
            readRadius(i + 1);
            return i + 3;
        }
        if (!circle && c.argIs(i, "BYBOX") && left >= 3) {
            readBox(i + 1);
            return i + 4;
        }
        if (c.argIs(i, "STOREDIST") && form == Form.GEOSEARCHSTORE) {
            storesDistances = true;
            return i + 1;
        }
        throw RedisError.syntax();
    }

    private void readRadius(int at) {
        double radius = number(at, "radius");
        if (radius < 0) {
            throw RedisError.of("ERR radius cannot be negative");
        }
        unitMetres = unit(c, at + 1);
        width = 2 * radius;
        height = width;
        circle = true;
    }

    private void readBox(int at) {
        double w = number(at, "width");
        double h = number(at + 1, "height");
        if (w < 0 || h < 0) {
            throw RedisError.of("ERR height or width cannot be negative");
        }
        unitMetres = unit(c, at + 2);
        width = w;
        height = h;
        box = true;
    }

    private double number(int at, String what) {
        double value = RedisDouble.parse(c.arg(at));
        if (Double.isNaN(value)) {
            throw RedisError.of("ERR need numeric " + what);
        }
        return value;
    }

    private void check() {
        if (storeAt != null && (withDistances || withHashes || withPlaces)) {
            throw RedisError.of("ERR " + (form.searches() ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS")
                    + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        }
        if (form.searches() && fromMember == fromPlace) {
            throw RedisError.quoting("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ", c.arg(0), "");
        }
        if (form.searches() && circle == box) {
            throw RedisError.quoting("ERR exactly one of BYRADIUS and BYBOX can be specified for ", c.arg(0), "");
        }
        if (any && count == 0) {
            throw RedisError.of("ERR the ANY argument requires COUNT argument");
        }
        if (count != 0 && order == Order.AS_FOUND && !any) {
            order = Order.NEAREST_FIRST; // the nearest ones are asked for
        }
    }

    /** Where to look; null when the source is missing and the centre was a member of it. */
    @Nullable GeoShape shape() {
        if (centre == null) {
            return null;
        }
        return circle
                ? GeoShape.circle(centre, width / 2 * unitMetres)
                : GeoShape.box(centre, width * unitMetres, height * unitMetres);
    }

    private static GeoPoint placeOf(SortedSetValue source, Bytes member) {
        double score = source.score(member);
        if (Double.isNaN(score)) {
            throw RedisError.noSuchMember();
        }
        return GeoHash.ofScore(score).middle();
    }

    /** The place that two arguments name. @throws RedisError when it is none that can be stored */
    static GeoPoint place(CommandContext c, int at) {
        var place = new GeoPoint(c.doubleArg(at), c.doubleArg(at + 1));
        if (!GeoHash.covers(place)) {
            throw RedisError.noSuchPlace(sixDigits(place.longitude()) + "," + sixDigits(place.latitude()));
        }
        return place;
    }

    private static String sixDigits(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        boolean negative = value < 0 || 1 / value < 0;
        return (negative ? "-" : "") + RedisDouble.fixed(Math.abs(value), 6).toPlainString();
    }

    /** How many metres the unit has that an argument names. */
    static double unit(CommandContext c, int at) {
        for (Unit unit : Unit.values()) {
            if (c.argIs(at, unit.name())) {
                return unit.metres;
            }
        }
        throw RedisError.unknownUnit();
    }
}
