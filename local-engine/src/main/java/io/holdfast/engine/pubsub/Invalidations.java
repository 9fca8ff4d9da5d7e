package io.holdfast.engine.pubsub;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells clients which of the values that they keep themselves are outdated (CLIENT TRACKING), as Redis does: keys are
 * known by name alone, whatever their database; a client is told once of a key and then has to read it again. Costs
 * nothing while no client tracks. Owned by the engine loop.
 */
public final class Invalidations {
    private static final Reply INVALIDATE = Reply.bulk("invalidate");
    private static final Reply BROKEN = Reply.bulk("tracking-redir-broken");
    private static final Reply MESSAGE = Reply.bulk("message");
    private static final Reply CHANNEL = Reply.bulk("__redis__:invalidate");

    /** So many that tell nobody any more may stand among the readers before those are gone through. */
    private static final int ENDED_MAX = 1_000;

    private final LongFunction<@Nullable Tracker> byId;
    private final Set<Tracker> tracking = new LinkedHashSet<>();
    private final Map<Bytes, Set<Tracker>> readers = new LinkedHashMap<>();
    /** Keys that changed since {@link #afterCommand}, with the client that changed each, for those who hear of all. */
    private final Map<Bytes, @Nullable Tracker> changed = new LinkedHashMap<>();

    /** The sizes of what {@link #readers} has, summed up. */
    private int items;
    /** Since they were last gone through. */
    private int ended;

    private long keysMax = 1_000_000;
    private @Nullable Tracker running;

    /** @param byId finds a connected client */
    public Invalidations(LongFunction<@Nullable Tracker> byId) {
        this.byId = byId;
    }

    /** How many keys may be remembered; beyond that, clients are told to forget the oldest. 0 for any number. */
    public void keysMax(long max) {
        keysMax = max;
        forgetSome();
    }

    public long keysMax() {
        return keysMax;
    }

    public void begin(Tracker tracker, Tracker.Mode mode, boolean noLoop, long redirect, List<Bytes> prefixes) {
        tracker.begin(mode, noLoop, redirect, prefixes);
        tracking.add(tracker);
    }

    /** The client does not want to be told any more, or has gone. What it has read is forgotten when it changes. */
    public void end(Tracker tracker) {
        if (tracking.remove(tracker)) {
            tracker.end();
            ended++;
        }
        if (tracking.isEmpty()) {
            forgetAll();
        } else if (ended > ENDED_MAX) {
            forgetEnded();
        }
    }

    /** Of a key that does not change, all short-lived clients that ever read it would be kept. */
    private void forgetEnded() {
        ended = 0;
        items = 0;
        readers.values().removeIf(told -> {
            told.retainAll(tracking);
            items += told.size();
            return told.isEmpty();
        });
    }

    private void forgetAll() {
        readers.clear();
        items = 0;
        ended = 0;
        changed.clear();
    }

    /** Clients that are told. */
    public int clients() {
        return tracking.size();
    }

    /** Keys that somebody is to be told of. */
    public int keys() {
        return readers.size();
    }

    /** The same, each as often as there are clients to tell. */
    public int items() {
        return items;
    }

    public int prefixes() {
        Set<Bytes> all = new TreeSet<>();
        tracking.forEach(tracker -> all.addAll(tracker.prefixes()));
        return all.size();
    }

    // ---- what happens

    /** The client has read this key. */
    public void read(Tracker tracker, Bytes key) {
        if (readers.computeIfAbsent(key, k -> new LinkedHashSet<>(2)).add(tracker)) {
            items++;
        }
        forgetSome();
    }

    private void forgetSome() {
        while (keysMax > 0 && readers.size() > keysMax) {
            Iterator<Map.Entry<Bytes, Set<Tracker>>> oldest = readers.entrySet().iterator();
            Map.Entry<Bytes, Set<Tracker>> entry = oldest.next();
            oldest.remove();
            items -= entry.getValue().size();
            tellReaders(entry.getKey(), entry.getValue());
        }
    }

    /** The commands of this client run now; what it changes itself it is told behind the reply. Null: nobody's. */
    public void running(@Nullable Tracker tracker) {
        running = tracker;
    }

    /** A key was changed, created or removed. */
    public void changed(Bytes key) {
        if (tracking.isEmpty()) {
            return;
        }
        Set<Tracker> told = readers.remove(key);
        if (told != null) {
            items -= told.size();
            tellReaders(key, told);
        }
        changed.put(key, running);
    }

    /** The client, if it tracks, is told that its copy of this key is of no use. */
    public void outdated(Tracker tracker, Bytes key) {
        if (tracker.isOn()) {
            tell(tracker, Reply.array(Reply.bulk(key)), tracker.client()::push);
        }
    }

    private void tellReaders(Bytes key, Set<Tracker> told) {
        for (Tracker tracker : told) {
            if (!tracker.isOn() || tracker.mode() == Tracker.Mode.BCAST || (tracker.isNoLoop() && tracker == running)) {
                continue;
            }
            if (tracker == running) {
                tracker.afterReply.add(key);
            } else {
                tell(tracker, Reply.array(Reply.bulk(key)), tracker.client()::push);
            }
        }
    }

    /** Everything was removed, or the data's home has moved: no copy is good any more (contract, C9). */
    public void allChanged() {
        forgetAll();
        for (Tracker tracker : tracking) {
            tracker.afterReply.clear();
            if (tracker == running) {
                tracker.allAfterReply = true;
            } else {
                tell(tracker, Reply.Null.BULK, tracker.client()::push);
            }
        }
    }

    /**
     * The running command is done: who hears of all keys is told now.
     *
     * @return {@code reply}, and behind it what its own client is told
     */
    public Reply afterCommand(Reply reply) {
        Tracker own = running;
        running = null;
        boolean tellOwn = own != null && (own.allAfterReply || !own.afterReply.isEmpty());
        if (tracking.isEmpty() || (changed.isEmpty() && !tellOwn)) {
            return reply;
        }
        List<Reply> replies = new ArrayList<>(List.of(reply));
        if (own != null) {
            if (own.allAfterReply) {
                own.allAfterReply = false;
                tell(own, Reply.Null.BULK, replies::add);
            }
            own.afterReply.forEach(key -> tell(own, Reply.array(Reply.bulk(key)), replies::add));
            own.afterReply.clear();
        }
        for (Tracker tracker : tracking) {
            for (Bytes prefix : tracker.prefixes()) {
                List<Reply> keys = changedUnder(prefix, tracker);
                if (!keys.isEmpty()) {
                    tell(tracker, new Reply.Array(keys), tracker == own ? replies::add : tracker.client()::push);
                }
            }
        }
        changed.clear();
        return replies.size() == 1 ? reply : new Reply.Sequence(replies);
    }

    private List<Reply> changedUnder(Bytes prefix, Tracker tracker) {
        return changed.entrySet().stream()
                .filter(change -> isPrefix(prefix, change.getKey()))
                .filter(change -> !tracker.isNoLoop() || change.getValue() != tracker)
                .map(Map.Entry::getKey)
                .sorted()
                .map(Reply::bulk)
                .toList();
    }

    /** True when the shorter of two prefixes begins the other, so that a key could have both. */
    public static boolean overlap(Bytes one, Bytes other) {
        return one.length() <= other.length() ? isPrefix(one, other) : isPrefix(other, one);
    }

    private static boolean isPrefix(Bytes prefix, Bytes key) {
        return prefix.length() <= key.length()
                && Arrays.equals(prefix.array(), 0, prefix.length(), key.array(), 0, prefix.length());
    }

    /** @param own takes what goes to the client itself, and not to another that it named */
    private void tell(Tracker tracker, Reply keys, Consumer<Reply> own) {
        boolean redirected = tracker.redirect() != 0;
        Tracker to = redirected ? byId.apply(tracker.redirect()) : tracker;
        if (to == null) {
            tracker.breakRedirect();
            if (tracker.client().speaksResp3()) {
                own.accept(new Reply.Push(List.of(BROKEN, Reply.of(tracker.redirect()))));
            }
            return;
        }
        Consumer<Reply> way = to == tracker ? own : to.client()::push;
        if (to.client().speaksResp3()) {
            way.accept(new Reply.Push(List.of(INVALIDATE, keys)));
        } else if (redirected && to.client().isSubscribed()) {
            way.accept(new Reply.Push(List.of(MESSAGE, CHANNEL, keys)));
        }
    }
}
