package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;

/** Where the STORE commands put what they made. */
final class StoredResult {
    private static final Bytes DEL = Bytes.of("DEL");

    private StoredResult() {}

    /** Replaces whatever stood at {@code key}, its expiry too; an empty result leaves no key. */
    static void put(CommandContext c, Bytes key, Value result) {
        if (!result.isEmpty()) {
            c.put(key, result);
            c.effects(ValueEffects.replace(
                    c.session().db(), key, result, KeyRecord.NEVER, c.config().version()));
        } else if (c.remove(key)) {
            c.effect(DEL, key);
        }
    }
}
