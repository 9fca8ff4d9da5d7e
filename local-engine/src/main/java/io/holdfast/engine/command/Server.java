package io.holdfast.engine.command;

import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.pubsub.PubSubBroker;
import java.util.Collection;

/** What a handler may ask of the server as a whole. Used on the engine loop. */
public interface Server {
    CommandTable commands();

    Keyspaces keyspaces();

    PubSubBroker broker();

    EngineConfig config();

    Settings settings();

    ServerStats stats();

    /** The process around the engine. */
    Host host();

    /** Who may do what. */
    Acl acl();

    /** Every connected client. */
    Collection<Session> sessions();

    /** The sections of INFO, in order. */
    InfoSections info();

    /** Whether FLUSHALL, FLUSHDB and SWAPDB may run here: not while an upstream is away (design, section 7). */
    boolean mayFlush();
}
