package io.holdfast.proxy.admin;

import io.holdfast.engine.store.QueuedOperation;
import java.util.List;

/**
 * Some of what waits for the upstream, or was refused there.
 *
 * @param next where the next page begins; 0: there is none
 * @param unreadable what is damaged on the way, in words
 */
public record QueuePage(List<QueuedOperation> operations, long next, List<String> unreadable) {
    public QueuePage {
        operations = List.copyOf(operations);
        unreadable = List.copyOf(unreadable);
    }
}
