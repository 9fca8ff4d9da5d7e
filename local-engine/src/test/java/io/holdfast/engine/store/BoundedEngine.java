package io.holdfast.engine.store;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.keyspace.ValueCache;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/** An engine with bounded memory over a real {@code storage.db}; the test's thread is its loop. */
public final class BoundedEngine implements AutoCloseable {
    private static final Pattern SEEN = Pattern.compile(" \\d{13}( (-1|\\d{13}) \\[)");
    private static final int WAIT_MS = 50;

    private final LinkedBlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    private final EngineClient client;
    private final Database database;
    private final StoredValues stored;
    private final Checkpointer checkpointer;

    private BoundedEngine(
            Path directory, RedisVersion version, MemoryJournal journal, long bytesMax, LongSupplier clock) {
        client = EngineClient.start(version, journal, clock);
        LocalEngine engine = client.engine();
        database = Database.open(directory);
        stored = StoredValues.open(directory, () -> engine.config().encodingLimits(), loop::add);
        engine.keyspaces().values().source(stored);
        database.load(engine.keyspaces(), engine.config().encodingLimits(), bytesMax);
        engine.keyspaces().boundValues(bytesMax);
        checkpointer = new Checkpointer(
                engine.keyspaces().changes(),
                journal,
                database,
                loop::add,
                Checkpointer.Pacing.DEFAULT,
                System::currentTimeMillis,
                System::currentTimeMillis,
                Executors.newSingleThreadExecutor());
    }

    public static BoundedEngine open(Path directory, RedisVersion version, long bytesMax) {
        return open(directory, version, bytesMax, System::currentTimeMillis);
    }

    /** @param clock Unix milliseconds, for the commands */
    public static BoundedEngine open(Path directory, RedisVersion version, long bytesMax, LongSupplier clock) {
        return open(directory, version, new MemoryJournal(), bytesMax, clock);
    }

    /** @param journal an empty one, that gets what the engine does */
    public static BoundedEngine open(
            Path directory, RedisVersion version, MemoryJournal journal, long bytesMax, LongSupplier clock) {
        return new BoundedEngine(directory, version, journal, bytesMax, clock);
    }

    /** Makes views and indexes, as a start does. */
    void derive(Map<String, String> wanted, String mark) {
        database.derive(wanted, mark);
    }

    public LocalEngine engine() {
        return client.engine();
    }

    /** The client whose commands {@link #call} runs. */
    public EngineClient client() {
        return client;
    }

    /** Another client of the engine, which waits for no values. */
    public EngineClient another() {
        return client.another();
    }

    public ValueCache values() {
        return engine().keyspaces().values();
    }

    /** Runs what is to be run on the loop by now. */
    public void turn() {
        for (Runnable task = loop.poll(); task != null; task = loop.poll()) {
            task.run();
        }
    }

    /** Makes everything durable, so that all of it may leave memory, and keeps the bound. */
    public void checkpoint() {
        checkpointer.checkpointNow();
        turn();
        engine().tick();
        turn();
    }

    /**
     * Everything an engine holds, by key; the order of hash fields and members is not kept in storage, and when a consumer
     * last asked in vain is no effect.
     */
    public static Map<String, String> contents(LocalEngine of) {
        var contents = new TreeMap<>(Contents.of(of.keyspaces()));
        contents.replaceAll(
                (key, text) -> SEEN.matcher(text.substring(text.indexOf(' '))).replaceAll("$1"));
        return contents;
    }

    /** What the last checkpoint wrote. */
    public long lastRows() {
        return checkpointer.status().rows();
    }

    /** Runs a command as the proxy does, waiting for its values first; or at once, so that it loads them itself. */
    public Reply call(boolean wait, Bytes... command) {
        if (wait) {
            awaitValues(command);
        }
        return client.call(command);
    }

    /** Lets what the command waits for come, as the proxy does before it runs one. */
    public void awaitValues(Bytes... command) {
        var ready = new boolean[1];
        if (engine().mustWait(client.session(), null, command, () -> ready[0] = true)) {
            while (!ready[0]) {
                awaitTask().run();
            }
        }
    }

    /** What the loop has to do next: a checkpoint where nothing else comes, as then that is what is waited for. */
    private Runnable awaitTask() {
        try {
            Runnable task = loop.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            return task == null ? this::checkpoint : task;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Runs an effect as a client's command. */
    public void run(Effect effect, boolean wait) {
        if (client.session().db() != effect.db()) {
            client.call(Bytes.of("SELECT"), Bytes.of(effect.db()));
        }
        Reply reply = call(wait, effect.command().toArray(Bytes[]::new));
        if (reply instanceof Reply.Failure failure) {
            throw new AssertionError(effect + " is refused: " + failure.text());
        }
    }

    @Override
    public void close() {
        stored.close();
        checkpointer.close();
    }
}
