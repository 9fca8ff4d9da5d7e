package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.testing.RespClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A client that writes keys of its own and reads them back through whatever happens upstream, and fails at the first reply
 * that is not what it wrote. It knows which writes have an outcome that nobody knows. For one thread, but for
 * {@link #replies}.
 */
final class BusyClient {
    private static final int BURST_MAX = 8;
    private static final int VALUES = 4;
    private static final int ELEMENTS_MAX = 60;

    private final String own;
    private final SplittableRandom random;
    private final RespClient client;

    /** A counter: each of {@code unknown} additions was done once or never. */
    private static final class Counter {
        long done;
        long unknown;

        void assertIs(long value, String what) {
            assertThat(value).as(what).isBetween(done, done + unknown);
        }
    }

    private record Element(String text, boolean isKnown) {}

    private final Counter counter = new Counter();
    private final Counter pair = new Counter();
    private final String[] values = new String[VALUES];
    private final String[] fields = new String[VALUES];
    private final List<Element> list = new ArrayList<>();
    private long number;
    private int burstsWithErrors;
    private final AtomicLong replies = new AtomicLong();

    /** What was sent, and who looks at the replies to it. */
    private record Sent(List<String[]> commands, Consumer<List<String>> look) {
        Sent(Consumer<String> look, String... command) {
            this(List.<String[]>of(command), replies -> look.accept(replies.get(0)));
        }
    }

    BusyClient(int id, RespClient client, SplittableRandom random) {
        own = "busy" + id + ":";
        this.client = client;
        this.random = random;
        Arrays.fill(values, "nil");
        Arrays.fill(fields, "nil");
    }

    /** How many replies it has had. Any thread. */
    long replies() {
        return replies.get();
    }

    /** Its keys that hold more than the reply to a write tells. Any thread. */
    List<String> collections() {
        return List.of(own + "h", own + "l");
    }

    /** How often anything in flight had no known outcome. */
    int burstsWithErrors() {
        return burstsWithErrors;
    }

    /** Writes and reads until told to end. */
    void run(BooleanSupplier end) {
        while (!end.getAsBoolean()) {
            burst();
        }
    }

    private void burst() {
        List<Sent> burst = new ArrayList<>();
        int size = 1 + random.nextInt(BURST_MAX);
        for (int i = 0; i < size; i++) {
            burst.add(any());
        }
        ByteBuf out = Unpooled.buffer();
        for (Sent sent : burst) {
            for (String[] command : sent.commands) {
                RequestEncoder.encode(out, Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new));
            }
        }
        client.sendBytes(out);
        boolean hasErrors = false;
        for (Sent sent : burst) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < sent.commands.size(); i++) {
                Reply reply = client.read();
                hasErrors |= reply instanceof Reply.Failure;
                texts.add(Rig.text(reply));
            }
            sent.look.accept(texts);
            replies.addAndGet(sent.commands.size());
        }
        burstsWithErrors += hasErrors ? 1 : 0;
    }

    // ---- what it does

    private Sent any() {
        String id = own + ++number;
        int some = random.nextInt(VALUES);
        return switch (random.nextInt(11)) {
            case 0, 1 -> new Sent(reply -> added(counter, reply), "INCR", own + "n");
            case 2 -> new Sent(reply -> counter.assertIs(numberOf(reply), own + "n"), "GET", own + "n");
            case 3 -> new Sent(reply -> wrote(reply, "OK", values, some, id), "SET", own + "v" + some, id);
            case 4 -> new Sent(reply -> read(reply, values[some], own + "v" + some), "GET", own + "v" + some);
            case 5 -> new Sent(reply -> wrote(reply, "[01]", fields, some, id), "HSET", own + "h", "f" + some, id);
            case 6 -> new Sent(reply -> read(reply, fields[some], own + "h"), "HGET", own + "h", "f" + some);
            case 7 ->
                list.size() < ELEMENTS_MAX
                        ? new Sent(reply -> pushed(reply, id), "RPUSH", own + "l", id)
                        : new Sent(this::deleted, "DEL", own + "l");
            case 8 -> new Sent(this::assertList, "LRANGE", own + "l", "0", "-1");
            case 9 ->
                new Sent(reply -> assertThat(reply).matches("nil|-UNBLOCKED .*"), "BLPOP", own + "never", "0.001");
            default -> pair();
        };
    }

    private Sent pair() {
        return new Sent(
                List.of(
                        new String[] {"MULTI"},
                        new String[] {"INCR", own + "left"},
                        new String[] {"INCR", own + "right"},
                        new String[] {"EXEC"}),
                replies -> {
                    assertThat(replies.subList(0, 3)).containsExactly("OK", "QUEUED", "QUEUED");
                    String exec = replies.get(3);
                    if (isUnknown(exec)) {
                        pair.unknown++;
                        return;
                    }
                    pair.done++;
                    assertThat(exec).matches("\\[(\\d+), \\1]");
                    pair.assertIs(Long.parseLong(exec.substring(1, exec.indexOf(','))), own + "left");
                });
    }

    /** The one error that a write may get: what became of it is not known. */
    private static boolean isUnknown(String reply) {
        if (reply.startsWith("-")) {
            assertThat(reply).startsWith("-UNCERTAIN ");
            return true;
        }
        return false;
    }

    private static long numberOf(String reply) {
        return reply.equals("nil") ? 0 : Long.parseLong(reply);
    }

    private void added(Counter to, String reply) {
        if (isUnknown(reply)) {
            to.unknown++;
            return;
        }
        to.done++;
        to.assertIs(Long.parseLong(reply), own + "n");
    }

    /** What sets a state is done again where its reply was lost: it never has an unknown outcome. */
    private static void wrote(String reply, String expected, String[] to, int index, String value) {
        assertThat(reply).matches(expected);
        to[index] = value;
    }

    private static void read(String reply, String wrote, String what) {
        assertThat(reply).as(what).isEqualTo(wrote);
    }

    private void pushed(String reply, String element) {
        boolean isKnown = !isUnknown(reply);
        list.add(new Element(element, isKnown));
        if (isKnown) {
            assertThat(Long.parseLong(reply))
                    .as(own + "l")
                    .isBetween(list.stream().filter(Element::isKnown).count(), (long) list.size());
        }
    }

    /** Nothing that was pushed before may come after it. */
    private void deleted(String reply) {
        assertThat(reply).isIn("0", "1");
        list.clear();
    }

    /** All that were acknowledged, in their order, each of the others once at its place or not at all. */
    private void assertList(String reply) {
        assertThat(reply).startsWith("[");
        String inside = reply.substring(1, reply.length() - 1);
        List<String> found = inside.isEmpty() ? List.of() : List.of(inside.split(", ", -1));
        int at = 0;
        for (Element element : list) {
            if (at < found.size() && found.get(at).equals(element.text)) {
                at++;
            } else {
                assertThat(element.isKnown)
                        .as("%s is missing from %s; wrote %s", element.text, found, list)
                        .isFalse();
            }
        }
        assertThat(at).as("%s has more than was written: %s", found, list).isEqualTo(found.size());
    }

    // ---- in the end

    /** What a server holds must be what was acknowledged. */
    void assertHolds(RespClient server) {
        counter.assertIs(numberOf(Rig.text(server.call("GET", own + "n"))), own + "n");
        String left = Rig.text(server.call("GET", own + "left"));
        pair.assertIs(numberOf(left), own + "left");
        assertThat(Rig.text(server.call("GET", own + "right"))).isEqualTo(left);
        for (int i = 0; i < VALUES; i++) {
            read(Rig.text(server.call("GET", own + "v" + i)), values[i], own + "v" + i);
            read(Rig.text(server.call("HGET", own + "h", "f" + i)), fields[i], own + "h");
        }
        assertList(Rig.text(server.call("LRANGE", own + "l", "0", "-1")));
    }
}
