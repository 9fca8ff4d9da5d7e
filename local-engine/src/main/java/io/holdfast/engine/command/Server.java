package io.holdfast.engine.command;

import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.pubsub.Invalidations;
import io.holdfast.engine.pubsub.PubSubBroker;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What a handler may ask of the server as a whole. Used on the engine loop. */
public interface Server {
    CommandTable commands();

    Keyspaces keyspaces();

    PubSubBroker broker();

    /** The clients that wait in the middle of a command. */
    Blocking blocking();

    Timers timers();

    /** What is kept and shown of commands that ran. */
    CommandRecords records();

    /** What subscribers are told of keys. */
    KeyEvents keyEvents();

    /** What clients are told of their own caches. */
    Invalidations invalidations();

    /** Databases were emptied: clients that keep values themselves are told. */
    void flushed();

    /** Whether there is an upstream, which has to get to know what clients do here. */
    boolean journalsForUpstream();

    /** Whether clients' commands wait until CLIENT PAUSE is over. */
    Pause pause();

    /** The connected client with this id; null when there is none. */
    @Nullable Session session(long id);

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

    Scripting scripting();

    /**
     * Whether FLUSHALL, FLUSHDB and SWAPDB may run here: not for a client while an upstream is away (design, section 7), and
     * always where the upstream has done it.
     */
    boolean mayFlush();

    /** Whether messages are journaled that are published here, for an upstream that is away. */
    boolean journalsMessages();

    /** Why a message cannot be journaled now; null when it can. */
    @Nullable RedisError messageRefusal();

    /**
     * Why what needs memory is to be refused: there is no room for more values here, or on the disk, and none can be made.
     * Null when there is.
     */
    @Nullable RedisError growthRefusal();

    /** Who is told of keys that commands read, while an upstream that may have them is away; null at other times. */
    @Nullable UnknownKeys unknownKeys();
}
