package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.Unmet;
import io.holdfast.sync.journal.DamagedRecordException;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the upstream may have refused of entries that it has, but whose replies nobody has read: an effect on a key
 * that is of another type now was refused then, unless a later entry made the key what it is, or others have replaced the
 * key since, which cannot be known. Lives on the replay thread.
 */
final class LostReplies {
    private static final Bytes XRANGE = Bytes.of("XRANGE");
    /** Where the first id stands in XADD and XDEL. */
    private static final int ID = 2;

    private static final int PAGE_ENTRIES = 500;
    private static final int PAGE_BYTES = 1024 * 1024;
    /** Usually it is one batch; beyond so many effects nothing is looked at. */
    private static final int EFFECTS_MAX = 100_000;

    private static final String REFUSED =
            "in doubt: its reply was lost, and the key is a %s now: it was refused (WRONGTYPE),"
                    + " unless others have replaced the key since";

    private static final String NOT_ADDED =
            "in doubt: its reply was lost, and the stream does not have this id: it was refused, unless others have removed"
                    + " it since";

    private final ReplaySource source;
    private final Upstream upstream;
    private final Map<Long, Set<Integer>> notSent;

    /** Effects that nothing later has made pointless, by their key. */
    private final Map<Watched, List<Candidate>> candidates = new LinkedHashMap<>();

    /** What was added to streams and not removed again by a later entry: by key and id. */
    private final Map<Watched, Map<Bytes, Candidate>> added = new LinkedHashMap<>();

    private record Candidate(Journal.Entry entry, int effectIndex, String type) {}

    /** @param notSent effects that were left out and are on another list already, by the sequence of their entry */
    LostReplies(ReplaySource source, Upstream upstream, Map<Long, Set<Integer>> notSent) {
        this.source = source;
        this.upstream = upstream;
        this.notSent = notSent;
    }

    /**
     * The effects of the entries behind {@code known}, up to {@code cursor}, that were refused, as far as TYPE tells. Asks the upstream.
     *
     * @param nowMs Unix milliseconds
     * @return null when they cannot be told: the journal does not have all of them, or they are too many
     */
    @Nullable List<DeadLetter> refused(long known, long cursor, long nowMs) throws IOException {
        try (JournalReader reader = source.reader(known)) {
            int effects = 0;
            long last = known;
            while (last < cursor) {
                List<Journal.Entry> page = reader.next(PAGE_ENTRIES, PAGE_BYTES);
                if (page.isEmpty()) {
                    return null;
                }
                for (Journal.Entry entry : page) {
                    last = entry.sequence();
                    if (last <= cursor && entry.isForUpstream()) {
                        effects += entry.effects().size();
                        note(entry);
                    }
                }
                if (effects > EFFECTS_MAX) {
                    return null;
                }
            }
        } catch (JournalGapException | DamagedRecordException gap) {
            return null;
        }
        return letters(nowMs);
    }

    private void note(Journal.Entry entry) {
        Set<Integer> without = notSent.getOrDefault(entry.sequence(), Set.of());
        for (int i = 0; i < entry.effects().size(); i++) {
            if (!without.contains(i)) {
                note(entry, i, entry.effects().get(i));
            }
        }
    }

    private void note(Journal.Entry entry, int index, Effect effect) {
        Bytes[] args = effect.command().toArray(Bytes[]::new);
        CommandSpec spec = source.commands().find(args);
        if (spec == null) {
            return;
        }
        boolean[] namesKeys = new boolean[1];
        spec.forEachKey(args, (position, flags) -> {
            namesKeys[0] = true;
            meet(new Watched(effect.db(), args[position]), spec, args, flags, new Candidate(entry, index, ""));
        });
        if (!namesKeys[0]) {
            candidates.clear(); // such as FLUSHALL
            added.clear();
        }
    }

    private void meet(Watched key, CommandSpec spec, Bytes[] args, Set<KeyFlag> flags, Candidate effect) {
        if (flags.contains(KeyFlag.RM) || spec.isOverwriting(args)) {
            candidates.remove(key); // what was done to it before makes no difference now
            added.remove(key);
            return;
        }
        String type = KeyTypes.of(spec.group());
        boolean asksNoType = Unmet.of(effect.entry().effects().get(effect.effectIndex()), Reply.Null.BULK)
                .isPresent(); // such as SET … NX
        if (type == null || asksNoType) {
            return;
        }
        List<Candidate> before = candidates.computeIfAbsent(key, k -> new ArrayList<>());
        before.removeIf(earlier -> !earlier.type().equals(type)); // it was empty, or gone, in between
        before.add(new Candidate(effect.entry(), effect.effectIndex(), type));
        if (spec.group() == CommandGroup.STREAM) {
            noteOfStream(key, spec.name(), args, effect);
        }
    }

    private void noteOfStream(Watched key, String name, Bytes[] args, Candidate effect) {
        switch (name.toUpperCase(Locale.ROOT)) {
            case "XADD" ->
                added.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(args[ID], effect);
            case "XDEL" -> {
                Map<Bytes, Candidate> its = added.getOrDefault(key, Map.of());
                its.keySet().removeAll(List.of(args).subList(ID, args.length));
            }
            case "XTRIM" -> added.remove(key);
            default -> {}
        }
    }

    private List<DeadLetter> letters(long nowMs) throws IOException {
        Map<Watched, @Nullable String> types = types();
        List<DeadLetter> letters = new ArrayList<>();
        candidates.forEach((key, effects) -> {
            String now = types.get(key);
            for (Candidate effect : effects) {
                if (now != null && !now.equals(KeyTypes.NONE) && !now.equals(effect.type())) {
                    String error = REFUSED.formatted(now);
                    letters.add(Batch.letter(source, effect.entry(), effect.effectIndex(), nowMs, error));
                }
            }
        });
        for (Map.Entry<Watched, Map<Bytes, Candidate>> stream : added.entrySet()) {
            if ("stream".equals(types.get(stream.getKey()))) {
                lettersOfStream(stream.getKey(), List.copyOf(stream.getValue().entrySet()), nowMs, letters);
            }
        }
        return letters;
    }

    private void lettersOfStream(
            Watched key, List<Map.Entry<Bytes, Candidate>> its, long nowMs, List<DeadLetter> letters)
            throws IOException {
        for (int from = 0; from < its.size(); from += PAGE_ENTRIES) {
            List<Map.Entry<Bytes, Candidate>> page = its.subList(from, Math.min(its.size(), from + PAGE_ENTRIES));
            List<List<Bytes>> questions = new ArrayList<>();
            questions.add(Batch.select(key.db()));
            page.forEach(each -> questions.add(List.of(XRANGE, key.key(), each.getKey(), each.getKey())));
            questions.add(Batch.select(0));
            upstream.send(questions);
            List<Reply> replies = upstream.receive(questions.size());
            for (int i = 0; i < page.size(); i++) {
                if (replies.get(i + 1) instanceof Reply.Array found
                        && found.items().isEmpty()) {
                    Candidate effect = page.get(i).getValue();
                    letters.add(Batch.letter(source, effect.entry(), effect.effectIndex(), nowMs, NOT_ADDED));
                }
            }
        }
    }

    private Map<Watched, @Nullable String> types() throws IOException {
        List<Watched> keys = List.copyOf(candidates.keySet());
        Map<Watched, @Nullable String> types = new HashMap<>();
        for (int from = 0; from < keys.size(); from += PAGE_ENTRIES) {
            List<Watched> page = keys.subList(from, Math.min(keys.size(), from + PAGE_ENTRIES));
            List<@Nullable String> found = KeyTypes.ask(page, questions -> {
                upstream.send(questions);
                return upstream.receive(questions.size());
            });
            for (int i = 0; i < page.size(); i++) {
                types.put(page.get(i), found.get(i));
            }
        }
        return types;
    }
}
