package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** All numbered databases of one engine. Owned by the engine loop. */
public final class Keyspaces {
    private final Changes changes = new Changes();
    private final Watches watches = new Watches();
    private final BlockedClients blocked = new BlockedClients();
    private final List<Keyspace> keyspaces = new ArrayList<>();
    private final SplittableRandom random;
    private boolean expiringActively = true;

    public Keyspaces(int count, SplittableRandom random) {
        this.random = random;
        for (int i = 0; i < count; i++) {
            keyspaces.add(new Keyspace(i, changes, watches, blocked));
        }
    }

    public int count() {
        return keyspaces.size();
    }

    public Keyspace get(int index) {
        return keyspaces.get(index);
    }

    public List<Keyspace> all() {
        return List.copyOf(keyspaces);
    }

    public Changes changes() {
        return changes;
    }

    public Watches watches() {
        return watches;
    }

    public BlockedClients blocked() {
        return blocked;
    }

    public SplittableRandom random() {
        return random;
    }

    public void swap(int a, int b) {
        if (a != b) {
            keyspaces.get(a).swapWith(keyspaces.get(b));
        }
    }

    public void clear() {
        keyspaces.forEach(Keyspace::clear);
    }

    public boolean isEmpty() {
        return keyspaces.stream().allMatch(keyspace -> keyspace.size() == 0);
    }

    /** Puts back a key that storage held, on start-up. */
    public void restore(int db, Bytes key, long id, Value value, long expiresAtMs) {
        keyspaces.get(db).restore(key, id, value, expiresAtMs);
        changes.idSeen(id);
    }

    /**
     * Holds what {@code loaded} holds, and nothing else. Only right when that is the same data: nobody who watches a key
     * hears of it, and nothing is owed to the next checkpoint.
     */
    public void replaceBy(Keyspaces loaded) {
        for (int i = 0; i < keyspaces.size(); i++) {
            keyspaces.get(i).replaceBy(loaded.get(i));
        }
    }

    /** Whether expired keys go before anybody meets them (DEBUG SET-ACTIVE-EXPIRE). */
    public void expireActively(boolean on) {
        expiringActively = on;
    }

    /**
     * Removes expired keys: samples each database, and again while a quarter of a sample had expired.
     *
     * @param roundsMax bound on the samples taken in one database
     */
    public void expireSome(int roundsMax, long nowMs) {
        if (!expiringActively) {
            return;
        }
        int sample = 20;
        for (Keyspace keyspace : keyspaces) {
            for (int round = 0; round < roundsMax && keyspace.expiringSize() > 0; round++) {
                if (keyspace.expireSample(sample, random, nowMs) * 4 < sample) {
                    break;
                }
            }
        }
    }
}
