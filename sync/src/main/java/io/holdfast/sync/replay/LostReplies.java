package io.holdfast.sync.replay;

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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the upstream may have refused of entries that it has, but whose replies nobody has read: an effect on a key
 * that is of another type now was refused then, an entry of a stream that is not there was not added, a value that was to
 * be set only if there was none was not set where another is there; unless a later entry made the key what it is, or others
 * have replaced it since, which cannot be known. Lives on the replay thread.
 */
final class LostReplies {
    private static final Bytes XRANGE = Bytes.of("XRANGE");
    private static final Bytes GET = Bytes.of("GET");
    private static final Bytes HGET = Bytes.of("HGET");
    /** Where the first part of the key stands: an id in XADD and XDEL, a field in HSETNX, HSET and HDEL. */
    private static final int PART = 2;
    /** The value of a SET, which is all of the key. */
    private static final Bytes WHOLE = Bytes.EMPTY;

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

    private static final String TAKEN =
            "in doubt: its reply was lost, and another value is there now: others had set it before (NX), unless they have"
                    + " changed it since";

    private final ReplaySource source;
    private final Upstream upstream;
    private final Map<Long, Set<Integer>> notSent;

    /** Effects that nothing later has made pointless, by their key. */
    private final Map<Watched, List<Candidate>> candidates = new LinkedHashMap<>();

    /** What tells whether an effect was refused, unless a later entry has changed that: by key, and part of it. */
    private final Map<Watched, Map<Bytes, Question>> questions = new LinkedHashMap<>();

    /**
     * Asked of the upstream about one effect.
     *
     * @param type of the key of which this may be asked; null for any
     * @param refused whether the reply says that it was
     * @param error what the dead letter says
     */
    private record Question(
            Candidate of, @Nullable String type, List<Bytes> command, Predicate<Reply> refused, String error) {}

    private record Candidate(Journal.Entry entry, int effectIndex, String type) {
        Effect effect() {
            return entry.effects().get(effectIndex);
        }
    }

    /** @param notSent effects that were left out and are on another list already, by the sequence of their entry */
    LostReplies(ReplaySource source, Upstream upstream, Map<Long, Set<Integer>> notSent) {
        this.source = source;
        this.upstream = upstream;
        this.notSent = notSent;
    }

    /**
     * The effects of the entries behind {@code known}, up to {@code cursor}, that were refused, as far as the upstream tells, which is asked.
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
        if (!namesKeys[0] && spec.changesUnnamedKeys()) {
            candidates.clear();
            questions.clear();
        }
    }

    private void meet(Watched key, CommandSpec spec, Bytes[] args, Set<KeyFlag> flags, Candidate met) {
        if (flags.contains(KeyFlag.RM) || spec.isOverwriting(args)) {
            candidates.remove(key); // what was done to it before makes no difference now
            questions.remove(key);
            return;
        }
        String type = KeyTypes.of(spec.group());
        if (type == null) {
            return;
        }
        Map<Bytes, Question> its = questions.computeIfAbsent(key, k -> new LinkedHashMap<>());
        its.remove(WHOLE);
        boolean asksNoType = Unmet.of(met.effect(), Reply.Null.BULK).isPresent(); // such as SET … NX
        if (asksNoType) {
            its.put(WHOLE, new Question(met, null, List.of(GET, args[1]), isNot(args[2]), TAKEN));
            return;
        }
        List<Candidate> before = candidates.computeIfAbsent(key, k -> new ArrayList<>());
        before.removeIf(earlier -> !earlier.type().equals(type)); // it was empty, or gone, in between
        before.add(new Candidate(met.entry(), met.effectIndex(), type));
        notePart(its, type, spec.name(), args, met);
    }

    private static void notePart(Map<Bytes, Question> its, String type, String name, Bytes[] args, Candidate met) {
        switch (name.toUpperCase(Locale.ROOT)) {
            case "XADD" -> {
                List<Bytes> command = List.of(XRANGE, args[1], args[PART], args[PART]);
                its.put(args[PART], new Question(met, type, command, LostReplies::isEmptyArray, NOT_ADDED));
            }
            case "HSETNX" -> {
                List<Bytes> command = List.of(HGET, args[1], args[PART]);
                its.put(args[PART], new Question(met, type, command, isNot(args[PART + 1]), TAKEN));
            }
            case "XTRIM" -> its.clear();
            default -> {
                if (args.length > PART) { // XDEL, HSET, HDEL, …: what names a part may have changed or removed it
                    its.keySet().removeAll(List.of(args).subList(PART, args.length));
                }
            }
        }
    }

    private static boolean isEmptyArray(Reply reply) {
        return reply instanceof Reply.Array found && found.items().isEmpty();
    }

    private static Predicate<Reply> isNot(Bytes value) {
        return reply -> reply instanceof Reply.Failure // which GET answers where a key is of another type
                || (reply instanceof Reply.Bulk found && !found.value().equals(value));
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
        List<Question> asked = new ArrayList<>();
        questions.forEach((key, its) -> its.values().stream()
                .filter(question -> question.type() == null || question.type().equals(types.get(key)))
                .forEach(asked::add));
        lettersOfParts(asked, nowMs, letters);
        return letters;
    }

    private void lettersOfParts(List<Question> asked, long nowMs, List<DeadLetter> letters) throws IOException {
        for (int from = 0; from < asked.size(); from += PAGE_ENTRIES) {
            List<Question> page = asked.subList(from, Math.min(asked.size(), from + PAGE_ENTRIES));
            List<List<Bytes>> commands = new ArrayList<>();
            for (Question question : page) {
                commands.add(Batch.select(question.of().effect().db()));
                commands.add(question.command());
            }
            commands.add(Batch.select(0));
            upstream.send(commands);
            List<Reply> replies = upstream.receive(commands.size());
            for (int i = 0; i < page.size(); i++) {
                Question question = page.get(i);
                if (question.refused().test(replies.get(2 * i + 1))) {
                    Candidate effect = question.of();
                    letters.add(Batch.letter(source, effect.entry(), effect.effectIndex(), nowMs, question.error()));
                }
            }
        }
    }

    private Map<Watched, @Nullable String> types() throws IOException {
        Set<Watched> all = new LinkedHashSet<>(candidates.keySet());
        all.addAll(questions.keySet());
        List<Watched> keys = List.copyOf(all);
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
