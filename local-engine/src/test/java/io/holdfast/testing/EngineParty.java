package io.holdfast.testing;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Connections to an engine in this process. For one test thread. */
public final class EngineParty implements Party {
    private static final long CLOCK_MS = 1_800_000_000_000L;
    private static final Duration LONG = Duration.ofMinutes(1);

    private final TestClock clock;
    private final EngineClient first;
    private final Map<Character, EngineClient> clients = new HashMap<>();

    public EngineParty(RedisVersion version) {
        this(version, new MemoryJournal());
    }

    public EngineParty(RedisVersion version, Journal journal) {
        this(version, journal, new TestClock(CLOCK_MS));
    }

    private EngineParty(RedisVersion version, Journal journal, TestClock clock) {
        this(EngineClient.start(version, journal, clock), clock);
    }

    /**
     * Connections to an engine that is there.
     *
     * @param clock the engine's
     */
    public EngineParty(EngineClient first, TestClock clock) {
        this.first = first;
        this.clock = clock;
    }

    /** The connection of this name. */
    public EngineClient client(char who) {
        return clients.computeIfAbsent(who, name -> first.another());
    }

    @Override
    public void says(char who, List<Bytes> command) {
        Bytes[] args =
                command.stream().map(arg -> PartyNames.withIds(arg, this::id)).toArray(Bytes[]::new);
        client(who).send(args);
    }

    @Override
    public void speaksResp3(char who) {
        client(who).speak(RespVersion.RESP3);
    }

    @Override
    public long id(char who) {
        return client(who).session().id();
    }

    @Override
    public byte[] hears(char who) {
        return client(who).readRaw();
    }

    @Override
    public boolean waits(char who) {
        return client(who).isWaiting();
    }

    @Override
    public boolean hearsNothing(char who) {
        return !client(who).hasUnread();
    }

    @Override
    public boolean isClosed(char who) {
        return client(who).isClosedByServer();
    }

    @Override
    public void timePasses() {
        clock.advance(LONG);
        first.timers().advance(LONG);
        first.engine().tick();
    }

    @Override
    public void close() {
        clients.values().forEach(EngineClient::close);
        first.close();
    }
}
