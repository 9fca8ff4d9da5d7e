package io.holdfast.proxy.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each element is one line of JSON, whatever it holds. */
class LogLineTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"a":1.50,"b":"x"}   | {"a":1.50,"b":"x"}
            {"a" : [1, {}] }     | {"a" : [1, {}] }
            text                 | {"value":"text"}
            12                   | {"value":"12"}
            "quoted"             | {"value":"\\"quoted\\""}
            [1,2]                | {"value":"[1,2]"}
            {"a":1} {"b":2}      | {"value":"{\\"a\\":1} {\\"b\\":2}"}
            {"a":                | {"value":"{\\"a\\":"}
            ~~                   | {"value":""}
            """)
    void anObjectIsItselfAndAnythingElseAValue(String element, String line) {
        assertThat(line(element)).isEqualTo(line + "\n");
    }

    @Test
    void anObjectOfSeveralLinesIsOne() {
        assertThat(line("{\n  \"a\": 1,\r\n  \"b\": \"c\\nd\"\n}\n"))
                .isEqualTo("{   \"a\": 1,    \"b\": \"c\\nd\" }\n");
    }

    @Test
    void bytesThatAreNoTextAreKept() {
        byte[] bytes = {(byte) 0xff, 0};
        assertThat(new String(LogLine.element(bytes, 2, bytes), StandardCharsets.UTF_8))
                .isEqualTo("{\"value\":{\"base64\":\"/wA=\"}}\n");
    }

    @Test
    void whatIsTooLongSaysSo() {
        assertThat(new String(
                        LogLine.element(null, 2_000_000, "begins".getBytes(StandardCharsets.UTF_8)),
                        StandardCharsets.UTF_8))
                .isEqualTo("{\"truncated\":true,\"bytes\":2000000,\"value\":\"begins\"}\n");
        assertThat(new String(LogLine.entry(1, 2, null, 2_000_000), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"id\":\"1-2\",\"time\":\"1970-01-01T00:00:00.001Z\",\"truncated\":true,\"bytes\":2000000}\n");
    }

    @Test
    void anEntryHasItsIdItsTimeAndItsFields() {
        assertThat(entry(1706789400000L, 0, "1:a1:11:b3:x:y1:a1:2"))
                .isEqualTo("{\"id\":\"1706789400000-0\",\"time\":\"2024-02-01T12:10:00.000Z\","
                        + "\"fields\":{\"a\":[\"1\",\"2\"],\"b\":\"x:y\"}}\n");
        assertThat(entry(-1, -1, "1:a1:1"))
                .isEqualTo("{\"id\":\"18446744073709551615-18446744073709551615\",\"fields\":{\"a\":\"1\"}}\n");
    }

    @Test
    void theDayIsThatOfUniversalTime() {
        assertThat(LogLine.day(1706745600000L - 1)).isEqualTo("2024-01-31");
        assertThat(LogLine.day(1706745600000L)).isEqualTo("2024-02-01");
        assertThat(LogLine.day(Long.MAX_VALUE)).isEqualTo("9999-12-31");
        assertThat(LogLine.day(-1)).isEqualTo("9999-12-31");
    }

    private static String line(String element) {
        byte[] bytes = element.getBytes(StandardCharsets.UTF_8);
        return new String(LogLine.element(bytes, bytes.length, bytes), StandardCharsets.UTF_8);
    }

    private static String entry(long ms, long seq, String fields) {
        return new String(
                LogLine.entry(ms, seq, fields.getBytes(StandardCharsets.UTF_8), fields.length()),
                StandardCharsets.UTF_8);
    }
}
