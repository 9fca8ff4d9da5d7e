package io.holdfast.engine.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GlobPatternTest {
    private static final List<String> TEXTS = List.of(
            "", "a", "b", "abc", "ac", "aXc", "cx", "ax", "*", "\\", "a\\", "]", "-", "[", "[a", "ab", "hello", "hallo",
            "hxllo", "xaybzc", "^", "!", "[a]", "a*b", "z");

    /** Taken from redis-server 7.0.15: for each text above, whether SCAN 0 MATCH found a key of that name. */
    private static List<Arguments> matchesInRedis() {
        return List.of(
                Arguments.of("*", "+++++++++++++++++++++++++"),
                Arguments.of("", "+........................"),
                Arguments.of("**", ".++++++++++++++++++++++++"),
                Arguments.of("a*", ".+.+++.+..+....+.......+."),
                Arguments.of("*a", ".+............+.........."),
                Arguments.of("a?c", "...+.+..................."),
                Arguments.of("[abc]", ".++......................"),
                Arguments.of("[^a]", "..+.....++.+++......++..+"),
                Arguments.of("[a-c]x", "......++................."),
                Arguments.of("[c-a]x", "......++................."),
                Arguments.of("[a", ".+......................."),
                Arguments.of("[^", ".++.....++.+++......++..+"),
                Arguments.of("[", "........................."),
                Arguments.of("[]a]", "........................."),
                Arguments.of("\\*", "........+................"),
                Arguments.of("\\", ".........+..............."),
                Arguments.of("a\\", "..........+.............."),
                Arguments.of("[\\]]", "...........+............."),
                Arguments.of("[a-]", ".+.........+........+...."),
                Arguments.of("[a-]]", ".+.........+........+...."),
                Arguments.of("[-a]", ".+..........+............"),
                Arguments.of("a[b", "...............+........."),
                Arguments.of("*a*b*c", "...+...............+....."),
                Arguments.of("h[^e]llo", ".................++......"),
                Arguments.of("h[a-b]llo", ".................+......."),
                Arguments.of("**a**", ".+.+++.+..+...++.+.+..++."),
                Arguments.of("?*", ".++++++++++++++++++++++++"),
                Arguments.of("*?", ".++++++++++++++++++++++++"),
                Arguments.of("[\\", ".........+..............."),
                Arguments.of("\\[a]", "......................+.."),
                Arguments.of("[^]", ".++.....++.+++......++..+"),
                Arguments.of("[^]a", "..............+.........."),
                Arguments.of("*\\*", "........+................"),
                Arguments.of("[a\\-z]", ".+..........+...........+"),
                Arguments.of("a**b", "...............+.......+."),
                Arguments.of("[!a]", ".+...................+..."));
    }

    @ParameterizedTest
    @MethodSource("matchesInRedis")
    void aPatternMatchesWhatItMatchesInRedis(String pattern, String expected) {
        var glob = GlobPattern.of(Bytes.of(pattern));

        var found = new StringBuilder();
        for (String text : TEXTS) {
            found.append(glob.matches(Bytes.of(text)) ? '+' : '.');
        }

        assertThat(found).hasToString(expected);
    }

    @Test
    void manyStarsTakeNoExponentialTime() {
        var glob = GlobPattern.of(Bytes.of("a*".repeat(500) + "b"));

        boolean matches = glob.matches(Bytes.of("a".repeat(20_000)));

        assertThat(matches).isFalse();
    }

    @Test
    void aTextThatNeedsTooManyStepsDoesNotMatch() {
        var glob = GlobPattern.of(Bytes.of("*" + "a".repeat(20_000) + "b"));

        boolean matches = glob.matches(Bytes.of("a".repeat(40_000) + "b"));

        assertThat(matches).isFalse();
    }

    @Test
    void caseIsIgnoredOnRequest() {
        var glob = GlobPattern.ignoringCase(Bytes.of("MaxMem*[X-Z]"));

        assertThat(glob.matches(Bytes.of("maxmemory-y"))).isTrue();
        assertThat(glob.matches(Bytes.of("maxmemory-w"))).isFalse();
        assertThat(GlobPattern.of(Bytes.of("MAX*")).matches(Bytes.of("maxmemory")))
                .isFalse();
    }

    @Test
    void bytesAreComparedAsSignedOnesInAClass() {
        var glob = GlobPattern.of(Bytes.wrap(new byte[] {'[', 1, '-', (byte) 0xff, ']'}));

        assertThat(glob.matches(Bytes.wrap(new byte[] {0}))).isTrue();
        assertThat(glob.matches(Bytes.of("a"))).isFalse();
    }
}
