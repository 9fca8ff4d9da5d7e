package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import java.util.ArrayList;
import java.util.List;

/** What is sent of an entry. Immutable. */
public record Resolution(List<Part> parts) {
    /**
     * A command, and which effect of the entry it stands for.
     *
     * @param effectIndex from 0
     */
    public record Part(int effectIndex, Effect effect) {}

    /** All of it, as it was journaled. */
    public static Resolution asItIs(Journal.Entry entry) {
        var parts = new ArrayList<Part>(entry.effects().size());
        for (int i = 0; i < entry.effects().size(); i++) {
            parts.add(new Part(i, entry.effects().get(i)));
        }
        return new Resolution(parts);
    }
}
