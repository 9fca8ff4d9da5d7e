package io.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResultsTest {
    private static final Load SHAPE = new Load("", 50, 16, 1000);

    @Test
    void aCellIsTheRatioOfMedians() {
        var results = new Results();
        for (double rate : new double[] {90_000, 10_000, 100_000}) {
            results.add(SHAPE.withTest("get"), "ours", rate);
        }
        for (double rate : new double[] {40_000, 50_000}) {
            results.add(SHAPE.withTest("get"), "theirs", rate);
        }

        assertThat(results.table(new Results.Pair("a / b", "ours", "theirs"), List.of("get"), List.of(SHAPE)))
                .isEqualTo("### a / b\n\n| | -c 50 -P 16 |\n|---|--:|\n| GET | **2.00** (90.0 / 45.0) |\n");
    }

    @Test
    void rowsThatOnlyPrepareAreNotTheRate() throws IOException {
        String csv = """
                "test","rps","avg_latency_ms"
                "LPUSH (needed to benchmark LRANGE)","100.00","0.1"
                "LRANGE_100 (first 100 elements)","73000.50","0.1"
                """;

        assertThat(Load.rate(csv)).isEqualTo(73000.50);
    }

    @Test
    void aRunThatPrintsNoRateIsAFailure() {
        assertThatThrownBy(() -> Load.rate("Could not connect\n")).isInstanceOf(IOException.class);
    }
}
