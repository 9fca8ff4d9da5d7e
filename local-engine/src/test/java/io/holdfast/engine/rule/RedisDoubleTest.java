package io.holdfast.engine.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisDoubleTest {
    /** Taken from redis-server 7.0.15: ZADD, then ZSCORE. */
    @ParameterizedTest
    @CsvSource({
        "1759996862.4009297, 1759996862.4009297",
        "4.9406564584124654e-324, 4.9406564584124654e-324",
        "1e-320, 9.9998886718268301e-321",
        "2.2250738585072014e-308, 2.2250738585072014e-308",
        "1.7976931348623157e308, 1.7976931348623157e+308",
        "1e22, 1e+22",
        "123456789012345678, 1.2345678901234568e+17",
        "99999999999999999, 1e+17",
        "1e17, 1e+17",
        "1e16, 10000000000000000",
        "0.1, 0.10000000000000001",
        "0.0001, 0.0001",
        "0.00001, 1.0000000000000001e-05",
        "123456.789e3, 123456789",
        "-2.5, -2.5",
        "3.0, 3",
        "5e-324, 4.9406564584124654e-324",
        "9007199254740993, 9007199254740992",
        "0.3, 0.29999999999999999",
        "1.1, 1.1000000000000001",
        "1e100, 1e+100",
        "123456789.123456789, 123456789.12345679",
        "-1.989032661366619e+244, -1.989032661366619e+244",
        "3.1935080792567816e-12, 3.1935080792567816e-12",
        "-4.986565189284367e-246, -4.9865651892843666e-246",
        "8.779753225680271e-236, 8.7797532256802712e-236",
        "-5.988180159386011e+243, -5.9881801593860111e+243",
        "inf, inf",
        "+inf, inf",
        "-INFINITY, -inf",
        "0x10, 16",
        "0X1P+4, 16",
        "0x1.8, 1.5",
        ".5, 0.5",
        "5., 5",
        "+.5e1, 5",
        "0e99999999999999999999, 0",
        "1e0000000000000000000001, 10",
        "-0, -0"
    })
    void aScoreIsPrintedAsRedis70PrintsIt(String score, String printed) {
        assertThat(RedisDouble.format(RedisDouble.parse(Bytes.of(score)), DoubleStyle.G17))
                .isEqualTo(Bytes.of(printed));
    }

    /** Worked out by hand from the layout rules of Redis 7.2: shortest digits, plain while few zeros are needed. */
    @ParameterizedTest
    @CsvSource({
        "0.1, 0.1",
        "1759996862.4009297, 1.7599968624009297e+9",
        "1759996862.400929, 1759996862.400929",
        "1e16, 10000000000000000",
        "1e18, 1000000000000000000",
        "4611686018427387904, 4611686018427387904",
        "1e19, 1e+19",
        "1e300, 1e+300",
        "-1.5e-7, -1.5e-7",
        "0.0001, 0.0001",
        "0.000001, 0.000001",
        "1e-7, 1e-7",
        "1.25e-5, 1.25e-5",
        "2e-3, 0.002",
        "1.2345678e-3, 0.0012345678",
        "5e-324, 5e-324",
        "1e-323, 1e-323",
        "1.5e-323, 1.5e-323",
        "2e23, 2e+23",
        "-inf, -inf",
        "-0, -0"
    })
    void aScoreIsPrintedAsRedis72PrintsIt(String score, String printed) {
        assertThat(RedisDouble.format(RedisDouble.parse(Bytes.of(score)), DoubleStyle.SHORTEST))
                .isEqualTo(Bytes.of(printed));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "\t1",
                "1\0",
                "nan",
                "-nan",
                "nan(abc)",
                "infinit",
                "infx",
                "0x",
                "0x.p1",
                "1e400",
                "-1e400",
                "1e-400",
                "0x1p-1080",
                ".",
                "1e",
                "1e+",
                "1d",
                "1f",
                "+-1",
                "1_0",
                "1e99999999999999999999"
            })
    void whatRedisRefusesIsNotANumber(String text) {
        assertThat(RedisDouble.parse(Bytes.of(text))).isNaN();
    }

    @Test
    void everyPrintedNumberReadsBackAsItself() {
        long seed = 20240611;
        var random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isNaN(value)) {
                continue;
            }
            for (DoubleStyle style : DoubleStyle.values()) {
                assertThat(RedisDouble.parse(RedisDouble.format(value, style)))
                        .as("seed %d, %s of %s", seed, style, value)
                        .isEqualTo(value);
            }
        }
    }

    /** Short numbers are read without the JDK's parser, which is right for all of them. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aShortDecimalIsReadAsTheNearestDouble(long seed) {
        var random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            int digits = random.nextInt(1, 18);
            var text = new StringBuilder(random.nextBoolean() ? "-" : "");
            int point = random.nextInt(0, 2 * digits);
            for (int digit = 0; digit < digits; digit++) {
                text.append(digit == point ? "." : "").append((char) ('0' + random.nextInt(10)));
            }

            double read = RedisDouble.parse(Bytes.of(text.toString()));

            assertThat(Double.doubleToRawLongBits(read))
                    .as("seed %d: %s", seed, text)
                    .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text.toString())));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-0, -0.0",
        "-0.00, -0.0",
        "5., 5",
        "000000012345, 12345",
        "999999999999999, 999999999999999",
        "-.5, -0.5"
    })
    void whatIsShortButOddIsReadToo(String text, double number) {
        assertThat(Double.doubleToRawLongBits(RedisDouble.parse(Bytes.of(text))))
                .isEqualTo(Double.doubleToRawLongBits(number));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-", ".", "-.", "1.2.3", "1-", "--1", "1 ", "1e"})
    void whatIsShortAndNoNumberIsRefused(String text) {
        assertThat(RedisDouble.parse(Bytes.of(text))).isNaN();
    }

    /** As redis-server sorts by them: where the nearest double is below the normal ones, it must be the number itself. */
    @ParameterizedTest
    @CsvSource({
        "0x1p-1074, 0x1p-1074",
        "0x1.8p-1073, 0x3p-1074",
        "0x1p-1030, 0x1p-1030",
        "2.2250738585072014e-308, 0x1p-1022",
        "0e-999, 0"
    })
    void aWeightIsReadWhereADoubleHoldsIt(String text, String number) {
        assertThat(RedisDouble.parseWeight(Bytes.of(text))).isEqualTo(Double.parseDouble(number));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0x1p-1075",
                "0x1.8p-1074",
                "0x1.0000000000001p-1074",
                "4.9e-324",
                "1e-310",
                "1e-400",
                "1e400",
                "5 "
            })
    void aWeightThatADoubleDoesNotHoldIsRefused(String text) {
        assertThat(RedisDouble.parseWeight(Bytes.of(text))).isNaN();
    }
}
