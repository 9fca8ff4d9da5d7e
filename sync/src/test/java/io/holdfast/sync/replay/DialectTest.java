package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectTest {
    @ParameterizedTest
    @CsvSource({
        "XSETID s 4-1 ENTRIESADDED 9 MAXDELETEDID 3-1, XSETID s 4-1",
        "XSETID s 4-1 ENTRIESADDED 9,                  XSETID s 4-1",
        "XSETID s 4-1,                                 XSETID s 4-1",
        "XGROUP CREATE s g 4-1 ENTRIESREAD 9,          XGROUP CREATE s g 4-1",
        "XGROUP CREATE s g 4-1 MKSTREAM ENTRIESREAD 9, XGROUP CREATE s g 4-1 MKSTREAM",
        "XGROUP SETID s g 4-1 ENTRIESREAD 9,           XGROUP SETID s g 4-1",
        "xgroup create s ENTRIESREAD 4-1 entriesread 9, xgroup create s ENTRIESREAD 4-1",
        "XGROUP CREATECONSUMER s g ENTRIESREAD,        XGROUP CREATECONSUMER s g ENTRIESREAD",
        "XADD s 4-1 ENTRIESADDED 9,                    XADD s 4-1 ENTRIESADDED 9",
        "SET k ENTRIESREAD,                            SET k ENTRIESREAD",
    })
    void aRedisBeforeSevenIsNotToldOfCounts(String effect, String said) {
        assertThat(Dialect.BEFORE_7_0.say(words(effect))).isEqualTo(words(said));
        assertThat(Dialect.NEWEST.say(words(effect))).isEqualTo(words(effect));
    }

    private static List<Bytes> words(String command) {
        return Arrays.stream(command.split(" ", -1)).map(Bytes::of).toList();
    }
}
