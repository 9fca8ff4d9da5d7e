package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.testing.RespClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;

/**
 * A client that writes to keys of its own and to counters shared with others, and knows what was acknowledged and what was
 * on its way when the server went. Every write changes a key of its own, so what a server holds tells which of the latter
 * it has done. For one thread at a time.
 */
final class Writer {
    /** Counters that all writers add to, always together with one of their own. */
    static final String SHARED = "shared:";

    private static final int COUNTERS = 3;

    private final String own;
    private final String fromOnline;
    private final SplittableRandom random;
    private final int burstMax;
    private final Contents contents = new Contents();
    private final long[] shared = new long[COUNTERS];
    private final Deque<Write> inFlight = new ArrayDeque<>();
    private long number;

    /**
     * One atomic write.
     *
     * @param commands one, or several that stand between MULTI and EXEC
     * @param effect does it to the contents and gives the reply of a single command, or a negative number if the reply is
     *     not an integer
     */
    private record Write(List<String[]> commands, ToLongFunction<Contents> effect) {
        int replies() {
            return commands.size() == 1 ? 1 : commands.size() + 2;
        }

        /** Gives the reply too, which nobody gets of a write that the server was killed over. */
        long apply(Contents contents) {
            return effect.applyAsLong(contents);
        }

        void encode(ByteBuf out) {
            if (commands.size() == 1) {
                encode(out, commands.get(0));
                return;
            }
            encode(out, "MULTI");
            commands.forEach(command -> encode(out, command));
            encode(out, "EXEC");
        }

        private static void encode(ByteBuf out, String... command) {
            RequestEncoder.encode(out, Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new));
        }

        @Override
        public String toString() {
            return commands.stream()
                    .map(command -> String.join(" ", command))
                    .toList()
                    .toString();
        }
    }

    /** @param burstMax commands on their way at once, at most */
    Writer(int id, int burstMax, SplittableRandom random) {
        own = "w" + id + ":";
        fromOnline = "online" + own;
        this.burstMax = burstMax;
        this.random = random;
    }

    // ---- writing

    /** Changes the keys that are there before the outage; the server must not go meanwhile. */
    void writeOnline(RespClient client, int count) {
        for (int i = 0; i < count; i++) {
            run(client, List.of(onKnownKeys(List.of())), () -> {});
        }
    }

    /**
     * Writes until told to end or the server goes.
     *
     * @param acknowledged runs after each acknowledged write
     */
    void write(RespClient client, BooleanSupplier end, Runnable acknowledged) {
        try {
            while (!end.getAsBoolean()) {
                var burst = new ArrayList<Write>();
                int size = 1 + random.nextInt(burstMax);
                for (int i = 0; i < size; i++) {
                    burst.add(any());
                }
                run(client, burst, acknowledged);
            }
        } catch (UncheckedIOException theServerWent) {
            // what is in flight stays so until somebody looks
        }
    }

    private void run(RespClient client, List<Write> burst, Runnable acknowledged) {
        ByteBuf out = Unpooled.buffer();
        burst.forEach(write -> write.encode(out));
        inFlight.addAll(burst);
        client.sendBytes(out);
        for (Write write : burst) {
            String reply = "";
            for (int i = 0; i < write.replies(); i++) {
                reply = Rig.text(client.read());
                assertThat(reply).as("reply %s of %s", i, write).doesNotStartWith("-");
            }
            inFlight.remove();
            long expected = write.apply(contents);
            if (expected >= 0) {
                assertThat(reply).as("reply to %s", write).isEqualTo(Long.toString(expected));
            }
            acknowledged.run();
        }
    }

    // ---- looking

    int inFlight() {
        return inFlight.size();
    }

    /** Whether a key is this writer's and was first written in the outage, so that Holdfast alone can tell its value. */
    boolean isOwn(String key) {
        return key.startsWith(own);
    }

    /** Finds out how many of the writes in flight were done, from what a server holds now of the own keys. */
    void settle(SortedMap<String, String> found) {
        SortedMap<String, String> acknowledged = contents.texts(this::isOwn);
        List<Write> unknown = List.copyOf(inFlight);
        while (!contents.texts(this::isOwn).equals(found)) {
            if (inFlight.isEmpty()) {
                assertThat(found).as("acknowledged, with in flight %s", unknown).isEqualTo(acknowledged);
                throw new AssertionError("equal only before the writes in flight: " + unknown);
            }
            inFlight.remove().apply(contents);
        }
        inFlight.clear();
    }

    /** What the upstream must hold of all keys but the shared ones; settled. */
    Contents contents() {
        return contents;
    }

    /** What this writer has added to a shared counter; settled. */
    long shared(int counter) {
        return shared[counter];
    }

    static int sharedCounters() {
        return COUNTERS;
    }

    // ---- the writes

    private Write any() {
        String id = own + ++number;
        int by = 1 + random.nextInt(9);
        String some = Integer.toString(random.nextInt(5));
        return switch (random.nextInt(13)) {
            case 0 -> write(c -> c.add(own + "n" + some, 1), "INCR", own + "n" + some);
            case 1 -> write(c -> c.add(own + "n" + some, by), "INCRBY", own + "n" + some, "" + by);
            case 2 -> write(c -> c.addToField(own + "h", some, by), "HINCRBY", own + "h", some, "" + by);
            case 3 -> write(c -> c.push(own + "l", true, id), "LPUSH", own + "l", id);
            case 4 -> write(c -> c.push(own + "l", false, id), "RPUSH", own + "l", id);
            case 5 -> write(silent(c -> c.addMember(own + "s", id)), "SADD", own + "s", id);
            case 6 -> write(silent(c -> c.addToScore(own + "z", some, by)), "ZINCRBY", own + "z", "" + by, some);
            case 7 -> write(silent(c -> c.set(own + "v" + some, id)), "SET", own + "v" + some, id);
            case 8 -> write(c -> c.deleteList(own + "again"), "DEL", own + "again");
            case 9 -> write(c -> c.push(own + "again", false, id), "RPUSH", own + "again", id);
            case 10 -> twoCounters(by);
            case 11 -> sharedCounter(random.nextInt(COUNTERS), by);
            // The key of its own tells, as the others cannot, whether this was done.
            default -> onKnownKeys(List.<String[]>of(new String[] {"INCR", own + "known"}));
        };
    }

    private static Write write(ToLongFunction<Contents> effect, String... command) {
        return new Write(List.<String[]>of(command), effect);
    }

    private interface Change {
        void apply(Contents contents);
    }

    /** For a reply that is not compared. */
    private static ToLongFunction<Contents> silent(Change change) {
        return contents -> {
            change.apply(contents);
            return -1;
        };
    }

    /** Two counters that are equal wherever one looks. */
    private Write twoCounters(int by) {
        String[] left = {"INCRBY", own + "pair:left", "" + by};
        String[] right = {"INCRBY", own + "pair:right", "" + by};
        return new Write(List.of(left, right), silent(c -> {
            c.add(own + "pair:left", by);
            c.add(own + "pair:right", by);
        }));
    }

    private Write sharedCounter(int counter, int by) {
        String[] mine = {"INCR", own + "shared"};
        String[] everybodys = {"INCRBY", SHARED + counter, "" + by};
        return new Write(List.of(mine, everybodys), silent(c -> {
            c.add(own + "shared", 1);
            shared[counter] += by;
        }));
    }

    /** Keys that the upstream has from before the outage; Holdfast may not know their values. */
    private Write onKnownKeys(List<String[]> more) {
        String id = own + ++number;
        int by = 1 + random.nextInt(9);
        var commands = new ArrayList<>(more);
        commands.add(new String[] {"INCRBY", fromOnline + "n", "" + by});
        commands.add(new String[] {"HINCRBY", fromOnline + "h", "f", "" + by});
        commands.add(new String[] {"RPUSH", fromOnline + "l", id});
        commands.add(new String[] {"SADD", fromOnline + "s", id});
        commands.add(new String[] {"SET", fromOnline + "v", id});
        return new Write(commands, silent(c -> {
            more.forEach(command -> c.add(command[1], 1));
            c.add(fromOnline + "n", by);
            c.addToField(fromOnline + "h", "f", by);
            c.push(fromOnline + "l", false, id);
            c.addMember(fromOnline + "s", id);
            c.set(fromOnline + "v", id);
        }));
    }
}
