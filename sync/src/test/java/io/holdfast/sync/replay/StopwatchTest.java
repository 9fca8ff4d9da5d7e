package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RealRedis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopwatchTest {
    private static final Reply TIME = Reply.array(Reply.bulk("1700000001"), Reply.bulk("150"));
    private static final String MAIN = "used_cpu_sys_main_thread:0.004212\r\nused_cpu_user_main_thread:1.016850\r\n";
    private static final String CPU = "# CPU\r\nused_cpu_sys:0.5\r\nused_cpu_user:7.000000\r\n" + MAIN;
    private static final Reply REFUSED = new Reply.Failure(Bytes.of("NOPERM no"));

    private static Reply version(String version) {
        return Reply.bulk("# Server\r\nredis_version:" + version + "\r\nserver_name:valkey\r\n");
    }

    @Test
    void theClockGoesOnWithinATransactionBeforeSevenTwo() {
        for (String version : List.of("6.2.11", "7.0.15")) {
            assertThat(Stopwatch.of(version(version), TIME, Reply.bulk(CPU))).isEqualTo(Stopwatch.CLOCK);
        }
        for (String version : List.of("7.2.4", "8.0.2")) {
            assertThat(Stopwatch.of(version(version), TIME, Reply.bulk(CPU))).isEqualTo(Stopwatch.CPU);
        }
    }

    @Test
    void aVersionThatIsNoneIsTakenForAnEarlyOne() {
        assertThat(Stopwatch.of(version("8.0-rc1"), TIME, Reply.bulk(CPU))).isEqualTo(Stopwatch.CPU);
        for (String version : List.of("unstable", "8", "v8.0")) {
            assertThat(Stopwatch.of(version(version), TIME, Reply.bulk(CPU))).isEqualTo(Stopwatch.CLOCK);
        }
    }

    @Test
    void whatIsRefusedTellsNothing() {
        assertThat(Stopwatch.of(version("7.0.15"), REFUSED, Reply.bulk(CPU))).isEqualTo(Stopwatch.NONE);
        assertThat(Stopwatch.of(version("8.0.2"), TIME, REFUSED)).isEqualTo(Stopwatch.NONE);
        assertThat(Stopwatch.of(version("8.0.2"), TIME, Reply.bulk("# CPU\r\n")))
                .isEqualTo(Stopwatch.NONE);
        assertThat(Stopwatch.NONE.command()).isEmpty();
    }

    @Test
    void theMainThreadCountsWhereItIsTold() {
        assertThat(Stopwatch.CPU.micros(Reply.bulk(CPU))).isEqualTo(1_021_062);
        String process = "used_cpu_sys:0.000001\r\nused_cpu_user:2.000000\r\n";
        assertThat(Stopwatch.CPU.micros(Reply.bulk(process))).isEqualTo(2_000_001);
        assertThat(Stopwatch.CLOCK.micros(TIME)).isEqualTo(1_700_000_001_000_150L);
    }

    /** Before whatever redis-server these tests run. */
    @Test
    void itGoesOnWithinATransactionOfTheUpstream() {
        try (var redis = RealRedis.start();
                var client = redis.connect()) {
            Reply server = client.call("INFO", "server");
            Stopwatch stopwatch = Stopwatch.of(server, client.call("TIME"), client.call("INFO", "cpu"));
            String[] read = stopwatch.command().stream().map(Bytes::latin1).toArray(String[]::new);
            client.call("EVAL", "for i = 1, 40000 do redis.call('rpush', KEYS[1], i) end", "1", "long");
            client.call("MULTI");
            client.call(read);
            for (int i = 0; i < 20; i++) {
                client.call("LREM", "long", "-1", "none");
            }
            client.call(read);

            var results = new ArrayList<>(((Reply.Array) client.call("EXEC")).items());

            long micros = stopwatch.micros(results.get(21)) - stopwatch.micros(results.get(0));
            assertThat(micros).isPositive();
        }
    }
}
