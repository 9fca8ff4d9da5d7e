package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks who wrote what keys differ by, in one round trip however many they are. For one batch. */
final class StampLook {
    private final Asker upstream;
    private final List<Bytes> fields = new ArrayList<>();

    StampLook(Asker upstream) {
        this.upstream = upstream;
    }

    /** The same divergences with the stamps of what is upstream. */
    Map<Watched, Divergence> run(Map<Watched, Divergence> found) throws IOException {
        found.forEach((key, divergence) -> {
            fields.add(Sidecar.field(key, null));
            divergence.parts().keySet().forEach(part -> fields.add(Sidecar.field(key, part)));
        });
        if (fields.isEmpty()) {
            return found;
        }
        List<List<Bytes>> questions = new ArrayList<>();
        for (Bytes key : Sidecar.KEYS) {
            List<Bytes> question = new ArrayList<>(List.of(Bytes.of("HMGET"), key));
            question.addAll(fields);
            questions.add(question);
        }
        Map<Bytes, List<Bytes>> words = words(upstream.ask(questions));
        Map<Watched, Divergence> stamped = new HashMap<>();
        found.forEach((key, divergence) -> stamped.put(key, divergence.stamped(stamps(key, divergence, words))));
        return stamped;
    }

    private Map<Bytes, List<Bytes>> words(List<Reply> replies) {
        Map<Bytes, List<Bytes>> words = new HashMap<>();
        for (Reply reply : replies) {
            if (reply instanceof Reply.Array items && items.items().size() == fields.size()) {
                for (int i = 0; i < fields.size(); i++) {
                    if (items.items().get(i) instanceof Reply.Bulk word) {
                        words.computeIfAbsent(fields.get(i), f -> new ArrayList<>())
                                .add(word.value());
                    }
                }
            }
        }
        return words;
    }

    private static Stamps stamps(Watched key, Divergence divergence, Map<Bytes, List<Bytes>> words) {
        boolean isGone = divergence.isGone();
        Bytes text = divergence.upstream();
        Stamp whole = isGone || text != null ? latest(words, Sidecar.field(key, null), text) : null;
        Map<Bytes, Stamp> parts = new HashMap<>();
        divergence.parts().forEach((part, difference) -> {
            Stamp own = latest(words, Sidecar.field(key, part), difference.upstream());
            Stamp stamp = isGone ? Stamping.later(own, whole) : own;
            if (stamp != null) {
                parts.put(part, stamp);
            }
        });
        return whole == null && parts.isEmpty() ? Stamps.NONE : new Stamps(whole, parts);
    }

    private static @Nullable Stamp latest(Map<Bytes, List<Bytes>> words, Bytes field, @Nullable Bytes now) {
        Stamp latest = null;
        for (Bytes word : words.getOrDefault(field, List.of())) {
            latest = Stamping.later(latest, Sidecar.vouching(word, now));
        }
        return latest;
    }
}
