package io.holdfast.proxy.simulation;

import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** Something that a client asked, and what became of it. */
final class Command {
    /** What a client can ask; each kind has keys of its own. */
    enum Kind {
        /** RPUSH of a value that nobody else pushes, to a list from which nothing is taken. */
        LOG_PUSH("log:"),
        LOG_READ("log:"),
        COUNT("count:"),
        /** SET of a key that this client alone writes. */
        OWN_SET("own:"),
        OWN_GET("own:"),
        MEMBER_ADD("set:"),
        MEMBER_READ("set:"),
        QUEUE_PUSH("queue:"),
        QUEUE_POP("queue:"),
        QUEUE_WAIT("queue:"),
        /** One value pushed to two lists in one transaction. */
        PAIR("pair:"),
        /** One value pushed in a transaction that is only carried out where the list is as it was read before. */
        WATCHED_PUSH("watched:"),
        BRIEF_SET("brief:"),
        BRIEF_GET("brief:");

        final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        boolean onlyReads() {
            return switch (this) {
                case LOG_READ, OWN_GET, MEMBER_READ, BRIEF_GET -> true;
                case LOG_PUSH,
                        COUNT,
                        OWN_SET,
                        MEMBER_ADD,
                        QUEUE_PUSH,
                        QUEUE_POP,
                        QUEUE_WAIT,
                        PAIR,
                        WATCHED_PUSH,
                        BRIEF_SET -> false;
            };
        }

        /** Whether it may be done a second time: what is there then, and what matters of its answer, is the same. */
        boolean mayBeRepeated() {
            return onlyReads() || this == OWN_SET || this == MEMBER_ADD || this == BRIEF_SET;
        }
    }

    enum Outcome {
        PENDING,
        DONE,
        /** Perhaps done. */
        UNCERTAIN,
        /** Not done. */
        REFUSED
    }

    final String client;
    final int number;
    final Kind kind;
    final String key;
    /** What it writes, which no other command writes; empty where it only reads or takes. */
    final String value;

    final long sentNanos;
    final long waitsMs;
    final List<Reply> replies = new ArrayList<>();
    Outcome outcome = Outcome.PENDING;
    long answeredNanos;
    /** In which phase it was sent; rises with each change of it. */
    long phaseEpochSent;
    /** The home of the data moved between what it was told of what it watches and the transaction. */
    boolean movedMeanwhile;
    /** What was here of its key, while it was under way, was perhaps not what was upstream. */
    boolean inDoubt;
    /** The upstream had it and lost it: it need not be there any more. */
    boolean lostUpstream;
    /** It waits for a person to decide, where that can be. */
    boolean setAside;
    /** The upstream lost that somebody took it: it may be there again. */
    boolean mayBeBack;

    Command(String client, int number, Kind kind, String key, String value, long sentNanos, long waitsMs) {
        this.client = client;
        this.number = number;
        this.kind = kind;
        this.key = key;
        this.value = value;
        this.sentNanos = sentNanos;
        this.waitsMs = waitsMs;
    }

    /** How many replies it gets. */
    int repliesWanted() {
        return switch (kind) {
            case PAIR -> 4;
            case WATCHED_PUSH -> 5;
            case LOG_PUSH,
                    LOG_READ,
                    COUNT,
                    OWN_SET,
                    OWN_GET,
                    MEMBER_ADD,
                    MEMBER_READ,
                    QUEUE_PUSH,
                    QUEUE_POP,
                    QUEUE_WAIT,
                    BRIEF_SET,
                    BRIEF_GET -> 1;
        };
    }

    /** Whether it was told what it watches, and is to say now what to do. */
    boolean hasWatched() {
        return kind == Kind.WATCHED_PUSH && replies.size() == 2;
    }

    /** The last, which says what came of it. */
    Reply reply() {
        return replies.get(replies.size() - 1);
    }

    boolean isMust() {
        return outcome == Outcome.DONE && !isExcused();
    }

    /** Whether it need not be there although it was done. */
    boolean isExcused() {
        return lostUpstream || setAside;
    }

    boolean mayBe() {
        return outcome != Outcome.REFUSED;
    }

    @Override
    public String toString() {
        return client + "#" + number + " " + kind + " " + key + (value.isEmpty() ? "" : " " + value) + " " + outcome;
    }
}
