package io.holdfast.proxy.simulation;

import java.util.ArrayList;
import java.util.List;

/** What happened, in order: the same for the same seed. */
final class Trace {
    private static final int SHOWN = 120;

    private final List<String> events = new ArrayList<>();

    void add(long nanos, String event) {
        events.add(String.format("%10.3f ms  %s", nanos / 1e6, event));
    }

    List<String> events() {
        return events;
    }

    /** The newest events, a line each. */
    String end() {
        return String.join("\n", events.subList(Math.max(0, events.size() - SHOWN), events.size()));
    }
}
