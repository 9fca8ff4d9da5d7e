package io.holdfast.engine.rule;

/**
 * A cell of the earth's surface: each step halves it in both directions, and the bits that say which halves take turns,
 * latitude in the even ones. What Redis keeps as scores are cells of {@link #STEPS_MAX} steps. Immutable.
 *
 * @param bits two a step
 */
public record GeoHash(long bits, int steps) {
    /** 52 bits, which a double holds exactly. */
    public static final int STEPS_MAX = 26;

    static final double LATITUDE_MAX = 85.05112878;
    static final double LONGITUDE_MAX = 180;

    private static final long LATITUDE_BITS = 0x5555555555555555L;
    private static final long LONGITUDE_BITS = ~LATITUDE_BITS;
    private static final String ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
    private static final double GEOHASH_ORG_LATITUDE_MAX = 90;
    private static final int GEOHASH_ORG_LETTERS = 10;

    /** The area that a cell covers, in degrees. */
    record Area(double longitudeMin, double longitudeMax, double latitudeMin, double latitudeMax) {}

    /** True for places that scores are made of: latitudes end short of the poles (EPSG:900913). */
    public static boolean covers(GeoPoint point) {
        return Math.abs(point.longitude()) <= LONGITUDE_MAX && Math.abs(point.latitude()) <= LATITUDE_MAX;
    }

    /** The cell that {@code point} lies in. */
    public static GeoHash of(GeoPoint point, int steps) {
        return of(point, steps, LATITUDE_MAX);
    }

    private static GeoHash of(GeoPoint point, int steps, double latitudeMax) {
        double scale = 1L << steps;
        double latitude = (point.latitude() + latitudeMax) / (2 * latitudeMax) * scale;
        double longitude = (point.longitude() + LONGITUDE_MAX) / (2 * LONGITUDE_MAX) * scale;
        return new GeoHash(spread((long) latitude) | (spread((long) longitude) << 1), steps);
    }

    /** The cell that a score stands for; of scores that GEOADD did not make whatever Redis makes of them. */
    public static GeoHash ofScore(double score) {
        long bits = (long) score;
        if (score >= 0x1p63) {
            bits = score < 0x1p64 ? (long) (score - 0x1p63) ^ Long.MIN_VALUE : 0; // C's conversion to 64 bits
        }
        return new GeoHash(bits, STEPS_MAX);
    }

    /** The lowest score of the places within. */
    public long scoreMin() {
        return bits << (2 * (STEPS_MAX - steps));
    }

    /** The score where the next cell begins. */
    public long scoreEnd() {
        return (bits + 1) << (2 * (STEPS_MAX - steps));
    }

    Area area() {
        double scale = 1L << steps;
        long latitude = gather(bits);
        long longitude = gather(bits >>> 1);
        double height = 2 * LATITUDE_MAX;
        double width = 2 * LONGITUDE_MAX;
        return new Area(
                -LONGITUDE_MAX + longitude / scale * width,
                -LONGITUDE_MAX + next(longitude) / scale * width,
                -LATITUDE_MAX + latitude / scale * height,
                -LATITUDE_MAX + next(latitude) / scale * height);
    }

    private static long next(long number) {
        return (number + 1) & 0xffffffffL;
    }

    /** The middle of the cell. */
    public GeoPoint middle() {
        Area area = area();
        double longitude = (area.longitudeMin + area.longitudeMax) / 2;
        double latitude = (area.latitudeMin + area.latitudeMax) / 2;
        return new GeoPoint(
                Math.max(-LONGITUDE_MAX, Math.min(longitude, LONGITUDE_MAX)),
                Math.max(-LATITUDE_MAX, Math.min(latitude, LATITUDE_MAX)));
    }

    /** The cell so many to the east and to the north; at the edges round to the other side. */
    GeoHash neighbour(int east, int north) {
        return new GeoHash(
                moved(bits & LONGITUDE_BITS, LONGITUDE_BITS, east) | moved(bits & LATITUDE_BITS, LATITUDE_BITS, north),
                steps);
    }

    /** Adds -1, 0 or 1 to a number whose bits are those of {@code mask}: a carry runs over the bits between them. */
    private long moved(long number, long mask, int by) {
        if (by == 0) {
            return number;
        }
        int unused = Long.SIZE - 2 * steps;
        long between = ~mask >>> unused;
        long sum = by > 0 ? number + between + 1 : (number | between) - (between + 1);
        return sum & (mask >>> unused);
    }

    /** Eleven letters as geohash.org has them; the last one is always 0. */
    public String letters() {
        GeoHash standard = of(middle(), STEPS_MAX, GEOHASH_ORG_LATITUDE_MAX);
        var letters = new StringBuilder(GEOHASH_ORG_LETTERS + 1);
        for (int i = 1; i <= GEOHASH_ORG_LETTERS; i++) {
            letters.append(ALPHABET.charAt((int) (standard.bits >>> (2 * STEPS_MAX - 5 * i)) & 31));
        }
        return letters.append('0').toString();
    }

    /** Moves bit n to bit 2n. */
    private static long spread(long number) {
        long n = number & 0xffffffffL;
        n = (n | (n << 16)) & 0x0000ffff0000ffffL;
        n = (n | (n << 8)) & 0x00ff00ff00ff00ffL;
        n = (n | (n << 4)) & 0x0f0f0f0f0f0f0f0fL;
        n = (n | (n << 2)) & 0x3333333333333333L;
        return (n | (n << 1)) & LATITUDE_BITS;
    }

    /** Moves bit 2n to bit n. */
    private static long gather(long bits) {
        long n = bits & LATITUDE_BITS;
        n = (n | (n >>> 1)) & 0x3333333333333333L;
        n = (n | (n >>> 2)) & 0x0f0f0f0f0f0f0f0fL;
        n = (n | (n >>> 4)) & 0x00ff00ff00ff00ffL;
        n = (n | (n >>> 8)) & 0x0000ffff0000ffffL;
        return (n | (n >>> 16)) & 0xffffffffL;
    }
}
