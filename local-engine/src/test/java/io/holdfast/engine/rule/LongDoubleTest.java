package io.holdfast.engine.rule;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LongDoubleTest {
    /** Taken from redis-server 7.0.15 on x86-64: SET, then INCRBYFLOAT. */
    @ParameterizedTest
    @CsvSource({
        "10.50, 0.1, 10.6",
        "5.0e3, 200, 5200",
        "3, 1.1, 4.1",
        "1.1, -1.1, 0",
        "0.1, 0.2, 0.3",
        "-0, 0, 0",
        "9223372036854775807, 1, 9223372036854775808",
        "1e17, 0.5, 100000000000000000.5",
        "0x1p3, 0x1.8, 9.5",
        "1e-400, 0, 0",
        "1e-17, 0, 0.00000000000000001",
        "4e-18, 2e-18, 0.00000000000000001",
        "5e-18, 0, 0",
        "-1e-18, 0, 0",
        "123456789012345678901234567890, 1, 123456789012345678899921813504",
        "1759996862.4009297, 0, 1759996862.40092970000114292",
        "261251.8314635, 8.954178849, 261260.78564234899999974",
        "-900821.373220457113, -9.068, -900830.44122045711299052",
        "-420781.4273, 0.81, -420780.61730000000000018",
        "-255204.914549, 4.24221531, -255200.67233368999998788",
        "238019.2, 3.6079995, 238022.8079995000000082",
        "554457.5499616139568, 1.7112373, 554459.26119891395677541",
        "-763868.44, -6.700758, -763875.14075800000000527"
    })
    void aSumIsWhatRedisStores(String current, String increment, String sum) {
        assertThat(sum(current, increment)).hasToString(sum);
    }

    @Test
    void aSumOfThousandsOfDigitsIsExactToSixtyFourBits() {
        LongDouble sum = requireNonNull(sum("1e4932", "1"));

        assertThat(sum.toBytes().length()).isEqualTo(4933);
    }

    @ParameterizedTest
    @CsvSource({"inf, 1", "1, -inf", "inf, -inf", "1e4932, 1e4932"})
    void aSumThatIsNoFiniteNumberIsRefused(String current, String increment) {
        assertThat(sum(current, increment)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "nan",
                "1e5000",
                "-1e5000",
                "1e-5000",
                "1e-999999999999",
                "0x1p99999",
                "1\0",
                "abc"
            })
    void whatRedisRefusesIsNotANumber(String text) {
        assertThat(LongDouble.parse(Bytes.of(text))).isNull();
    }

    @Test
    void aTextThatDoesNotFitRedissBufferIsRefused() {
        assertThat(LongDouble.parse(Bytes.of("1".repeat(4000)))).isNotNull();
        assertThat(LongDouble.parse(Bytes.of("0".repeat(5 * 1024)))).isNull();
    }

    private static @Nullable LongDouble sum(String current, String increment) {
        LongDouble one = requireNonNull(LongDouble.parse(Bytes.of(current)));
        LongDouble other = requireNonNull(LongDouble.parse(Bytes.of(increment)));
        return one.plus(other);
    }
}
