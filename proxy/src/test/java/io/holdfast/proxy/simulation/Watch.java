package io.holdfast.proxy.simulation;

import io.holdfast.engine.exec.Journal;
import io.holdfast.proxy.SimulatedNode;
import java.util.List;

/** Hears of what only the world knows. */
interface Watch {
    /** A process of Holdfast has started; nothing has happened in it yet. */
    void started(SimulatedNode node);

    /**
     * The upstream has started without these entries of its own.
     *
     * @param hasCursor whether it can still tell what was replayed
     */
    void upstreamLost(List<Journal.Entry> entries, boolean hasCursor);
}
