package io.holdfast.engine.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.resp.Bytes;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RangesTest {
    /** Taken from redis-server 7.0.15: GETRANGE and LRANGE on {@code abc}. */
    @ParameterizedTest
    @CsvSource({
        "0, -10, a, ''",
        "-5, -4, a, ''",
        "-4, -5, '', ''",
        "5, 9, '', ''",
        "2, 1, '', ''",
        "-1, 0, '', ''",
        "-100, 100, abc, abc",
        "1, 1, b, b",
        "-2, -1, bc, bc",
        "-9223372036854775808, 9223372036854775807, abc, abc",
        "9223372036854775807, -9223372036854775808, '', ''"
    })
    void bytesAndElementsClampEachInTheirWay(long start, long stop, String bytes, String elements) {
        IndexRange ofBytes = IndexRange.ofBytes(start, stop, 3);
        IndexRange ofElements = IndexRange.ofElements(start, stop, 3);

        assertThat("abc".substring(ofBytes.from(), ofBytes.to())).isEqualTo(bytes);
        assertThat("abc".substring(ofElements.from(), ofElements.to())).isEqualTo(elements);
    }

    @Test
    void nothingIsWithinAnEmptySequence() {
        assertThat(IndexRange.ofBytes(0, -1, 0).isEmpty()).isTrue();
        assertThat(IndexRange.ofElements(0, -1, 0).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 1 2 3", "(1, 3, 2 3", "1, (3, 1 2", "(1, (3, 2", "-inf, +inf, 1 2 3", "(2, (2, ''", "2, 2, 2"})
    void aScoreRangeHoldsWhatLiesBetweenItsBounds(String min, String max, String within) {
        var range = ScoreRange.parse(Bytes.of(min), Bytes.of(max));

        assertThat(Stream.of("1", "2", "3").filter(s -> range.contains(Double.parseDouble(s))))
                .containsExactlyInAnyOrder(
                        Stream.of(within.split(" ")).filter(s -> !s.isEmpty()).toArray(String[]::new));
        assertThat(range.isEmpty()).isEqualTo(within.isEmpty());
    }

    @Test
    void scoreBoundsAreReadAsLenientlyAsRedisDoes() {
        assertThat(ScoreRange.parse(Bytes.of(""), Bytes.of(" 1"))).isEqualTo(new ScoreRange(0, false, 1, false));
        assertThat(ScoreRange.parse(Bytes.of("("), Bytes.of("(1\0x"))).isEqualTo(new ScoreRange(0, true, 1, true));
        assertThat(ScoreRange.parse(Bytes.of("1e-400"), Bytes.of("1e400")))
                .isEqualTo(new ScoreRange(0, false, Double.POSITIVE_INFINITY, false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "(a", "nan", "((1", "1 ", "1x", "."})
    void aScoreBoundThatIsNoNumberIsRefused(String bound) {
        assertThatThrownBy(() -> ScoreRange.parse(Bytes.of("0"), Bytes.of(bound)))
                .isInstanceOf(BadArgument.class)
                .hasMessage("min or max is not a float");
    }

    /** Taken from redis-server 7.0.15: ZRANGEBYLEX on the members a, b and the empty one. */
    @ParameterizedTest
    @CsvSource({
        "-, +, _ a b",
        "+, -, ''",
        "[, +, _ a b",
        "(, +, a b",
        "[a, [a, a",
        "(a, [a, ''",
        "[b, [a, ''",
        "-, (, ''",
        "-, [, _",
        "(a, +, b",
        "+, +, ''",
        "-, -, ''"
    })
    void aLexRangeHoldsWhatLiesBetweenItsBounds(String min, String max, String within) {
        var range = LexRange.parse(Bytes.of(min), Bytes.of(max));

        assertThat(Stream.of("_", "a", "b").filter(s -> range.contains(Bytes.of(s.replace("_", "")))))
                .containsExactly(
                        Stream.of(within.split(" ")).filter(s -> !s.isEmpty()).toArray(String[]::new));
        assertThat(range.isEmpty() && !within.isEmpty()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "+a", "5", "a"})
    void aLexBoundWithoutItsSignIsRefused(String bound) {
        assertThatThrownBy(() -> LexRange.parse(Bytes.of(bound), Bytes.of("+")))
                .isInstanceOf(BadArgument.class)
                .hasMessage("min or max not valid string range item");
    }

    @Test
    void aNulByteEndsTheSignOfALexBound() {
        assertThat(LexRange.parse(Bytes.of("-\0a"), Bytes.of("+\0")))
                .isEqualTo(LexRange.parse(Bytes.of("-"), Bytes.of("+")));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "'', 0",
        "+5, 5",
        "00, 0",
        "-5, 18446744073709551611",
        "18446744073709551615, 18446744073709551615"
    })
    void aCursorIsReadAsRedisReadsIt(String text, String cursor) {
        assertThat(Long.toUnsignedString(ScanCursor.parse(Bytes.of(text)))).isEqualTo(cursor);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, Integer.MAX_VALUE, (1L << 52) - 1})
    void aScanGoesOnWhereItsCursorSays(long position) {
        Bytes cursor = ScanCursor.at(position);
        assertThat(ScanCursor.position(cursor)).isEqualTo(position);
        assertThat(ScanCursor.isLocal(cursor)).isTrue();
        assertThat((long) Double.parseDouble(cursor.utf8()))
                .as("as JavaScript holds it")
                .isEqualTo(Long.parseLong(cursor.utf8()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "1", "440", "4503599627370495", "9007199254740992", "-1", "18446744073709551615"})
    void aScanThatDidNotBeginHereBeginsAnew(String cursor) {
        assertThat(ScanCursor.position(Bytes.of(cursor))).isZero();
        assertThat(ScanCursor.isLocal(Bytes.of(cursor))).isFalse();
    }

    @Test
    void theCursorOfTheBeginningEndsAScan() {
        assertThat(ScanCursor.at(0)).isEqualTo(Bytes.of("0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {" 1", "1 ", "a", "-", "+", "18446744073709551616", "99999999999999999999"})
    void aCursorThatIsNoNumberIsRefused(String text) {
        assertThatThrownBy(() -> ScanCursor.parse(Bytes.of(text)))
                .isInstanceOf(BadArgument.class)
                .hasMessage("invalid cursor");
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                -1,
                10,
                1234567890123L,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                Long.MAX_VALUE - 1,
                Long.MIN_VALUE + 1
            })
    void anIntegerReadsBackAsItself(long number) {
        assertThat(RedisInteger.isLong(Bytes.of(number))).isTrue();
        assertThat(RedisInteger.parse(Bytes.of(number))).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+1",
                "01",
                "-0",
                "-01",
                " 1",
                "1 ",
                "1.0",
                "1e3",
                "abc",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "-99999999999999999999"
            })
    void whatRedisWouldNotPrintIsNoInteger(String text) {
        assertThat(RedisInteger.isLong(Bytes.of(text))).isFalse();
        assertThat(RedisInteger.parseOr(Bytes.of(text), 77)).isEqualTo(77);
        assertThatThrownBy(() -> RedisInteger.parse(Bytes.of(text)))
                .isInstanceOf(BadArgument.class)
                .hasMessage("value is not an integer or out of range");
    }
}
