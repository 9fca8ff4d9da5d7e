package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scans that go on on the other side (C13): what was there throughout is not left out. */
class ScanOutageTest {
    private static final int ELEMENTS = 600;
    private static final int STEPS_MAX = 1_000;

    /** What is scanned, and how it is filled. */
    enum Scanned {
        KEYS("SCAN", "MSET", true),
        HASH("HSCAN h", "HSET h", true),
        SET("SSCAN s", "SADD s", false),
        SORTED_SET("ZSCAN z", "ZADD z", true);

        private final List<String> scan;
        private final List<String> fill;
        private final boolean pairs;

        Scanned(String scan, String fill, boolean pairs) {
            this.scan = List.of(scan.split(" ", -1));
            this.fill = List.of(fill.split(" ", -1));
            this.pairs = pairs;
        }

        void fill(RespClient client) {
            List<String> command = new ArrayList<>(fill);
            for (int i = 0; i < ELEMENTS; i++) {
                List<String> each = pairs ? List.of("e" + i, Integer.toString(i)) : List.of("e" + i);
                command.addAll(this == SORTED_SET ? List.of(each.get(1), each.get(0)) : each);
            }
            client.call(command.toArray(String[]::new));
            fill.stream().skip(1).forEach(key -> Rig.awaitKnown(client, key));
        }

        String[] from(String cursor) {
            List<String> command = new ArrayList<>(scan);
            command.addAll(List.of(cursor, "COUNT", "50"));
            return command.toArray(String[]::new);
        }
    }

    /** A scan under way. */
    private static final class Scan {
        private final Scanned scanned;
        private final Set<String> seen = new TreeSet<>();
        private String cursor = "0";

        Scan(Scanned scanned) {
            this.scanned = scanned;
        }

        void step(RespClient client) {
            took(client.call(scanned.from(cursor)));
        }

        void took(Reply reply) {
            List<Reply> parts = ((Reply.Array) reply).items();
            cursor = text(parts.get(0));
            ((Reply.Array) parts.get(1)).items().forEach(element -> seen.add(text(element)));
        }

        void finish(RespClient client) {
            for (int i = 0; i < STEPS_MAX && !cursor.equals("0"); i++) {
                step(client);
            }
            assertThat(cursor).as("cursor of a scan that has ended").isEqualTo("0");
            assertThat(seen).containsAll(all());
        }

        private static List<String> all() {
            return IntStream.range(0, ELEMENTS).mapToObj(i -> "e" + i).toList();
        }
    }

    private static Scan begun(Scanned what, RespClient client) {
        var scan = new Scan(what);
        for (int i = 0; i < 3; i++) {
            scan.step(client);
        }
        assertThat(scan.cursor).as("cursor of a scan that has begun").isNotEqualTo("0");
        return scan;
    }

    @ParameterizedTest
    @EnumSource(Scanned.class)
    void leavesNothingOutWhereTheUpstreamGoes(Scanned what, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            what.fill(client);
            Scan scan = begun(what, client);
            rig.goOffline();
            scan.finish(client);
        }
    }

    @ParameterizedTest
    @EnumSource(Scanned.class)
    void leavesNothingOutWhereTheUpstreamReturns(Scanned what, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            what.fill(client);
            rig.goOffline();
            Scan scan = begun(what, client);
            rig.goOnline();
            scan.finish(client);
        }
    }

    @Test
    void goesOnOverAnOutage(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            Scanned.KEYS.fill(client);
            Scan scan = begun(Scanned.KEYS, client);
            rig.goOffline();
            scan.step(client);
            scan.step(client);
            rig.goOnline();
            scan.finish(client);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Scanned.class,
            names = {"KEYS", "HASH"}) // the first goes in a block of its own, as it may show our cursor
    void leavesNothingOutInATransaction(Scanned what, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            what.fill(client);
            rig.goOffline();
            Scan scan = begun(what, client);
            rig.goOnline();
            client.call("MULTI");
            client.call(what.from(scan.cursor));
            scan.took(((Reply.Array) client.call("EXEC")).items().get(0));
            scan.finish(client);
        }
    }
}
