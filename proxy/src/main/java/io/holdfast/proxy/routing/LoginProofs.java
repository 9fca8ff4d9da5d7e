package io.holdfast.proxy.routing;

import io.holdfast.resp.Bytes;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Which users and passwords the upstream has accepted, for when it cannot be asked: as slow, salted hashes, and in memory
 * alone (contract, "Authentication offline"). Owned by the engine loop; hashes are made elsewhere.
 */
final class LoginProofs {
    /** About ten milliseconds of a core: guessing from a dump of the memory is slow, and one login is not. */
    private static final int ITERATIONS = 20_000;

    private static final int HASH_BITS = 256;
    private static final int SALT_BYTES = 16;
    /** Users and passwords remembered; of more, the one that was not used for longest is forgotten. */
    private static final int PROOFS_MAX = 1_024;

    private static final long KEPT_MS = TimeUnit.HOURS.toMillis(24);

    private record Proof(Bytes user, long acceptedAtMs) {}

    private final Executor hashing;
    private final Executor loop;
    private final byte[] salt = new byte[SALT_BYTES];
    private final Map<Bytes, Proof> proofs = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Bytes, Proof> eldest) {
            return size() > PROOFS_MAX;
        }
    };
    /** Being hashed, by {@link LoginRequest#key}: many clients come with the same at once. */
    private final Map<Bytes, List<Consumer<Bytes>>> waiting = new HashMap<>();

    /**
     * @param hashing where hashes are made
     * @param loop the engine loop
     */
    LoginProofs(Executor hashing, Executor loop, SecureRandom random) {
        this.hashing = hashing;
        this.loop = loop;
        random.nextBytes(salt);
    }

    /** The upstream has accepted these. */
    void accepted(LoginRequest login, long nowMs) {
        hash(login, proof -> proofs.put(proof, new Proof(login.user(), nowMs)));
    }

    /** The upstream does not accept these, or not any more. */
    void refused(LoginRequest login) {
        if (knows(login.user())) {
            hash(login, proofs::remove);
        }
    }

    /** @param verdict gets, later and on the engine loop, whether the upstream has accepted these and not refused them since */
    void ask(LoginRequest login, long nowMs, Consumer<Boolean> verdict) {
        hash(login, hash -> {
            Proof proof = proofs.get(hash);
            verdict.accept(proof != null && nowMs - proof.acceptedAtMs() <= KEPT_MS);
        });
    }

    boolean knows(Bytes user) {
        return proofs.values().stream().anyMatch(proof -> proof.user().equals(user));
    }

    void forgetOld(long nowMs) {
        proofs.values().removeIf(proof -> nowMs - proof.acceptedAtMs() > KEPT_MS);
    }

    private void hash(LoginRequest login, Consumer<Bytes> then) {
        Bytes key = login.key();
        List<Consumer<Bytes>> others = waiting.get(key);
        if (others != null) {
            others.add(then);
            return;
        }
        waiting.put(key, new ArrayList<>(List.of(then)));
        hashing.execute(() -> {
            Bytes hash = derive(login);
            loop.execute(() -> {
                List<Consumer<Bytes>> all = waiting.remove(key);
                if (all != null) {
                    all.forEach(one -> one.accept(hash));
                }
            });
        });
    }

    /** The user's name is part of the salt, so that equal passwords do not show. */
    private Bytes derive(LoginRequest login) {
        byte[] name = login.user().array();
        byte[] both = new byte[SALT_BYTES + name.length];
        System.arraycopy(salt, 0, both, 0, SALT_BYTES);
        System.arraycopy(name, 0, both, SALT_BYTES, name.length);
        var spec = new PBEKeySpec(
                HexFormat.of().formatHex(login.password().array()).toCharArray(), both, ITERATIONS, HASH_BITS);
        try {
            return Bytes.wrap(SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has PBKDF2", e);
        } finally {
            spec.clearPassword();
        }
    }
}
