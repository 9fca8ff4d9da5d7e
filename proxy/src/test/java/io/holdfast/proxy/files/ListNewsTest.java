package io.holdfast.proxy.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is new in a list whose positions say nothing, by its newest elements and those that the log got last. */
class ListNewsTest {
    @ParameterizedTest(name = "{3}")
    @CsvSource(delimiter = '|', textBlock = """
            3 2 1     | 3 2 1 | 0 | nothing was added
            5 4 3 2 1 | 3 2 1 | 2 | two were added
            4 3       | 3 2 1 | 1 | one was added, and the oldest are trimmed away
            6 5 4     | 3 2 1 | 3 | all that the log has is trimmed away
            2 1       | 3 2 1 | 0 | the newest was taken out
            4 2 1     | 3 2 1 | 1 | the newest was taken out and another was added
            3 1       | 3 2 1 | 0 | one in the middle was taken out
            3 9 2 1   | 3 2 1 | 0 | one was put into the middle
            1 3 2 1   | 3 2 1 | 1 | one was added that is like an earlier one
            7 7 7     | 7 7 7 | 0 | of elements that are all alike nobody knows
            4 3 2 1   | ''    | 4 | the log has none
            """)
    void isFound(String now, String then, int added, String why) {
        assertThat(ListNews.added(numbers(now), numbers(then), true)).as(why).isEqualTo(added);
    }

    private static List<Long> numbers(String text) {
        return Stream.of(text.split(" "))
                .filter(word -> !word.isEmpty())
                .map(Long::valueOf)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"a,a,true", "a,b,false", "ab,a,false"})
    void likenessTellsContentsApart(String one, String other, boolean alike) {
        assertThat(likeness(one) == likeness(other)).isEqualTo(alike);
    }

    private static long likeness(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ListNews.likeness(bytes.length, Arrays.copyOf(bytes, bytes.length));
    }
}
