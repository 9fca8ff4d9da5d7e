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
            results.add(SHAPE.withTest("get"), "ours", new Load.Measurement(rate, 0.1, 0.3));
        }
        for (double rate : new double[] {40_000, 50_000}) {
            results.add(SHAPE.withTest("get"), "theirs", new Load.Measurement(rate, 0.1, 0.3));
        }

        assertThat(results.table(new Results.Pair("a / b", "ours", "theirs"), List.of("get"), List.of(SHAPE)))
                .isEqualTo("### a / b\n\n| | -c 50 -P 16 |\n|---|--:|\n| GET | **2.00** (90.0 / 45.0) |\n");
    }

    @Test
    void halfOfTheValuesLiesBetweenTheQuartiles() {
        List<Double> values = List.of(5.0, 1.0, 4.0, 2.0, 3.0);

        assertThat(Results.quantile(values, 0.25)).isEqualTo(2.0);
        assertThat(Results.quantile(values, 0.75)).isEqualTo(4.0);
        assertThat(Results.quantile(List.of(), 0.25)).isNaN();
    }

    @Test
    void whatOursAddsIsADifferenceOfMedianLatencies() {
        var results = new Results();
        results.add(SHAPE.withTest("get"), "ours", new Load.Measurement(1, 0.071, 0.2));
        results.add(SHAPE.withTest("get"), "theirs", new Load.Measurement(1, 0.040, 0.2));

        assertThat(results.latencies(new Results.Pair("a / b", "ours", "theirs"), List.of("get"), SHAPE))
                .endsWith("| GET | 71 | 40 | **31** |\n");
    }

    @Test
    void rowsThatOnlyPrepareAreNotTheRate() throws IOException {
        String csv = """
                "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms"
                "LPUSH (needed to benchmark LRANGE)","100.00","0.1","0.05","0.09","0.2","0.4"
                "LRANGE_100 (first 100 elements)","73000.50","0.1","0.05","0.071","0.2","0.3"
                """;

        assertThat(Load.measurement(csv)).isEqualTo(new Load.Measurement(73000.50, 0.071, 0.3));
    }

    @Test
    void aRunThatPrintsNoRateIsAFailure() {
        assertThatThrownBy(() -> Load.measurement("Could not connect\n")).isInstanceOf(IOException.class);
    }
}
