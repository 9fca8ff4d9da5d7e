package io.holdfast.proxy.routing;

import static io.holdfast.proxy.routing.Route.FORWARD;
import static io.holdfast.proxy.routing.Route.HOLD;
import static io.holdfast.proxy.routing.Route.LOCAL;

import io.holdfast.engine.command.CommandKind;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Where the data has its home now, and so where each kind of command goes. No phase has both FORWARD and LOCAL for
 * commands that touch data: there is one home for the truth. Immutable; safe on every thread.
 *
 * <pre>
 *   STARTING ──► OFFLINE ──► REPLAYING ──► DRAINING ──► ONLINE
 *      │            ▲  ▲         │  ▲         │  │         │
 *      │            │  └─────────┘  └─────────┘  │         │
 *      └► REPLAYING └────────────────────────────┴─────────┘        STANDALONE (no upstream configured) stays
 * </pre>
 */
public enum Phase {
    //         READ     WRITE    BLOCKING TRANSACT PUBSUB   SCRIPT   ADMIN    UNKNOWN
    /** Until the first verdict on the upstream. */
    STARTING(HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD),
    /** No upstream is configured: nothing to replay, nothing refused. */
    STANDALONE(LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL),
    /** The upstream is healthy and has everything. */
    ONLINE(FORWARD, FORWARD, FORWARD, FORWARD, FORWARD, FORWARD, FORWARD, FORWARD),
    /** The upstream is away: journal for it. */
    OFFLINE(LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL),
    /** The upstream is back and the journal drains into it. */
    REPLAYING(LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL, LOCAL),
    /** The last entries: no write runs anywhere. */
    DRAINING(LOCAL, HOLD, HOLD, HOLD, HOLD, HOLD, LOCAL, HOLD);

    private final Route read;
    private final Route write;
    private final Route blocking;
    private final Route transaction;
    private final Route pubSub;
    private final Route script;
    private final Route admin;
    private final Route unknown;

    Phase(
            Route read,
            Route write,
            Route blocking,
            Route transaction,
            Route pubSub,
            Route script,
            Route admin,
            Route unknown) {
        this.read = read;
        this.write = write;
        this.blocking = blocking;
        this.transaction = transaction;
        this.pubSub = pubSub;
        this.script = script;
        this.admin = admin;
        this.unknown = unknown;
    }

    /** Whether the journal is being replayed, and the data's home will be upstream when it has been. */
    public boolean isReplaying() {
        return this == REPLAYING || this == DRAINING;
    }

    /** Where a command of this kind goes; what concerns only the client's connection, or Holdfast, is always local. */
    public Route route(CommandKind kind) {
        return switch (kind) {
            case READ -> read;
            case WRITE -> write;
            case BLOCKING -> blocking;
            case TRANSACTION -> transaction;
            case PUBSUB -> pubSub;
            case SCRIPT -> script;
            case ADMIN -> admin;
            case UNKNOWN -> unknown;
            case CONNECTION, HOLDFAST -> LOCAL;
        };
    }

    /** The phases that may follow this one. */
    public Set<Phase> next() {
        return switch (this) {
            case STARTING -> EnumSet.of(OFFLINE, REPLAYING);
            case STANDALONE -> EnumSet.noneOf(Phase.class);
            case ONLINE -> EnumSet.of(OFFLINE);
            case OFFLINE -> EnumSet.of(REPLAYING);
            case REPLAYING -> EnumSet.of(DRAINING, OFFLINE);
            case DRAINING -> EnumSet.of(ONLINE, REPLAYING, OFFLINE);
        };
    }

    public boolean mayBecome(Phase other) {
        return next().contains(other);
    }

    /** Whether what is written now is written here: only then are the local engine's changes news to clients. */
    public boolean hasHomeHere() {
        return read == LOCAL;
    }

    /** As INFO holdfast prints it. */
    public String mode() {
        return name().toLowerCase(Locale.ROOT);
    }
}
