package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;

/** Where the STORE commands put what they made. */
final class StoredResult {
    private static final Bytes DEL = Bytes.of("DEL");

    private StoredResult() {}

    /** Replaces whatever stood at {@code key}, its expiry too; an empty result leaves no key. Listeners hear of {@code stored}. */
    static void put(CommandContext c, Bytes key, Value result, KeyEvent stored) {
        if (!result.isEmpty()) {
            c.put(key, result);
            c.event(stored, key);
            c.effects(ValueEffects.replace(
                    c.session().db(), key, result, KeyRecord.NEVER, c.config().version()));
            return;
        }
        boolean removed = c.remove(key);
        if (removed) {
            c.event(KeyEvent.DEL, key);
        }
        if (removed || c.server().journalsForUpstream()) {
            c.effect(DEL, key); // the upstream may hold something there that is not known here
        }
    }
}
