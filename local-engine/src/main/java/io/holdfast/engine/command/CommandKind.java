package io.holdfast.engine.command;

/** What a command is to the router: the columns of the phase table. */
public enum CommandKind {
    /** Looks at keys. */
    READ,
    /** May change keys. */
    WRITE,
    /** May wait for another client. */
    BLOCKING,
    /** MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
    TRANSACTION,
    /** Subscribes; PUBLISH is one too. */
    PUBSUB,
    /** Runs code whose effects nobody can tell beforehand. */
    SCRIPT,
    /** Concerns only the client's own connection to Holdfast, and is always answered here. */
    CONNECTION,
    /** Asks or tells the server as a whole. */
    ADMIN,
    /** Holdfast itself is addressed. */
    HOLDFAST,
    /** Not in the table: the upstream may know it. */
    UNKNOWN
}
