package io.holdfast.engine.rule;

import io.holdfast.engine.rule.GeoHash.Area;
import java.util.ArrayList;
import java.util.List;

/**
 * A circle or a box around a place, and the cells that together cover it. Immutable.
 *
 * @param widthMetres of the box, or of the circle twice its radius
 */
public record GeoShape(GeoPoint centre, boolean circle, double widthMetres, double heightMetres) {
    /** Half the equator as Mercator's projection has it, metres. */
    private static final double MERCATOR_MAX = 20037726.37;

    public static GeoShape circle(GeoPoint centre, double radiusMetres) {
        return new GeoShape(centre, true, 2 * radiusMetres, 2 * radiusMetres);
    }

    public static GeoShape box(GeoPoint centre, double widthMetres, double heightMetres) {
        return new GeoShape(centre, false, widthMetres, heightMetres);
    }

    public boolean contains(GeoPoint point, double distance) {
        if (circle) {
            return distance <= widthMetres / 2;
        }
        double east = point.distanceTo(new GeoPoint(centre.longitude(), point.latitude()));
        double north = point.distanceTo(new GeoPoint(point.longitude(), centre.latitude()));
        return east <= widthMetres / 2 && north <= heightMetres / 2;
    }

    /** Cells that cover the shape, in the order in which Redis looks through them. */
    public List<GeoHash> cells() {
        Area bounds = bounds();
        int steps = steps();
        GeoHash middle = GeoHash.of(centre, steps);
        if (steps > 1 && !reaches(middle, bounds)) {
            steps--;
            middle = GeoHash.of(centre, steps);
        }
        Area area = middle.area();
        boolean all = steps < 2;
        boolean south = all || !(area.latitudeMin() < bounds.latitudeMin());
        boolean north = all || !(area.latitudeMax() > bounds.latitudeMax());
        boolean west = all || !(area.longitudeMin() < bounds.longitudeMin());
        boolean east = all || !(area.longitudeMax() > bounds.longitudeMax());
        List<GeoHash> cells = new ArrayList<>();
        cells.add(middle);
        add(cells, north, middle.neighbour(0, 1));
        add(cells, south, middle.neighbour(0, -1));
        add(cells, east, middle.neighbour(1, 0));
        add(cells, west, middle.neighbour(-1, 0));
        add(cells, north && east, middle.neighbour(1, 1));
        add(cells, north && west, middle.neighbour(-1, 1));
        add(cells, south && east, middle.neighbour(1, -1));
        add(cells, south && west, middle.neighbour(-1, -1));
        return cells;
    }

    /** A few large cells are each other's neighbours on both sides; Redis leaves out one that is just as the last one. */
    private static void add(List<GeoHash> cells, boolean wanted, GeoHash cell) {
        boolean repeated = cells.size() > 1 && cells.get(cells.size() - 1).equals(cell);
        if (wanted && !repeated) {
            cells.add(cell);
        }
    }

    /** How many steps down a cell is about as large as the shape. */
    private int steps() {
        double radius = circle
                ? widthMetres / 2
                : Math.sqrt(widthMetres / 2 * (widthMetres / 2) + heightMetres / 2 * (heightMetres / 2));
        if (radius == 0) {
            return GeoHash.STEPS_MAX;
        }
        int steps = -1;
        for (double r = radius; r < MERCATOR_MAX; r *= 2) {
            steps++;
        }
        double latitude = Math.abs(centre.latitude());
        steps -= latitude > 80 ? 2 : latitude > 66 ? 1 : 0; // towards the poles cells are narrower
        return Math.max(1, Math.min(steps, GeoHash.STEPS_MAX));
    }

    /** Whether the neighbours of {@code middle} reach as far as the shape does. */
    private static boolean reaches(GeoHash middle, Area bounds) {
        return !(middle.neighbour(0, 1).area().latitudeMax() < bounds.latitudeMax())
                && !(middle.neighbour(0, -1).area().latitudeMin() > bounds.latitudeMin())
                && !(middle.neighbour(1, 0).area().longitudeMax() < bounds.longitudeMax())
                && !(middle.neighbour(-1, 0).area().longitudeMin() > bounds.longitudeMin());
    }

    private Area bounds() {
        double latitude = centre.latitude();
        double longitude = centre.longitude();
        double latitudeDelta = GeoPoint.degrees(heightMetres / 2 / GeoPoint.EARTH_RADIUS);
        double widest = latitude < 0 ? latitude - latitudeDelta : latitude + latitudeDelta;
        double longitudeDelta =
                GeoPoint.degrees(widthMetres / 2 / GeoPoint.EARTH_RADIUS / Math.cos(GeoPoint.radians(widest)));
        return new Area(
                longitude - longitudeDelta,
                longitude + longitudeDelta,
                latitude - latitudeDelta,
                latitude + latitudeDelta);
    }
}
