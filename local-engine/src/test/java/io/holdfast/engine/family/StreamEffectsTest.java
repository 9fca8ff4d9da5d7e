package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What commands on streams leave in the journal: the same stream wherever and whenever it is applied. */
class StreamEffectsTest {
    private static final long NOW_MS = 1_800_000_000_000L;

    private final MemoryJournal journal = new MemoryJournal();
    private final TestClock clock = new TestClock(NOW_MS);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, journal, clock);

    @BeforeEach
    void add() {
        for (int i = 1; i <= 4; i++) {
            client.call("XADD", "s", i + "-1", "n", Integer.toString(i));
        }
    }

    @Test
    void anEntryTravelsWithItsId() {
        assertThat(effectsOf("XADD", "s", "*", "a", "1")).containsExactly("XADD s 1800000000000-0 a 1");
        assertThat(effectsOf("XADD", "s", "*", "a", "2")).containsExactly("XADD s 1800000000000-1 a 2");
        assertThat(effectsOf("xadd", "s", "1800000000001-*", "a", "1")).containsExactly("XADD s 1800000000001-0 a 1");
        assertThat(effectsOf("XADD", "s", "1800000000002", "a", "1")).containsExactly("XADD s 1800000000002-0 a 1");
        assertThat(effectsOf("XADD", "s", "NOMKSTREAM", "*", "a", "1"))
                .containsExactly("XADD s NOMKSTREAM 1800000000002-1 a 1");
    }

    @Test
    void aTrimTravelsAsWhatItLeft() {
        assertThat(effectsOf("XADD", "s", "MAXLEN", "3", "9-1", "a", "1")).containsExactly("XADD s MAXLEN = 3 9-1 a 1");
        assertThat(effectsOf("XADD", "s", "MAXLEN", "~", "3", "LIMIT", "50", "9-2", "a", "1"))
                .containsExactly("XADD s 9-2 a 1"); // nothing went: its node holds more than is to go
        assertThat(effectsOf("XTRIM", "s", "MINID", "4")).containsExactly("XTRIM s MINID = 4-0");
        assertThat(effectsOf("XTRIM", "s", "MAXLEN", "~", "0")).containsExactly("XTRIM s MAXLEN = 0");
    }

    @Test
    void anApproximateTrimTravelsAsTheLengthItLeft() {
        for (int i = 1; i <= 250; i++) {
            client.call("XADD", "long", i + "-1", "n", "1");
        }

        assertThat(effectsOf("XTRIM", "long", "MAXLEN", "~", "120")).containsExactly("XTRIM long MAXLEN = 150");
        assertThat(effectsOf("XTRIM", "long", "MINID", "~", "220")).containsExactly("XTRIM long MINID = 201-1");
        assertThat(effectsOf("XADD", "long", "MAXLEN", "~", "1", "LIMIT", "10", "900-1", "n", "1"))
                .containsExactly("XADD long 900-1 n 1");
    }

    @Test
    void onlyWhatWasDeletedOrAcknowledgedTravels() {
        client.call("XGROUP", "CREATE", "s", "g", "0");
        client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");

        assertThat(effectsOf("XDEL", "s", "1-1", "7-7", "1-1")).containsExactly("XDEL s 1-1");
        assertThat(effectsOf("XACK", "s", "g", "2-1", "7-7")).containsExactly("XACK s g 2-1");
        assertThat(effectsOf("XACK", "s", "g", "2-1")).isEmpty();
    }

    @Test
    void aDeliveryTravelsAsClaimsAndTheGroupsPosition() {
        client.call("XGROUP", "CREATE", "s", "g", "0");

        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "c", "COUNT", "3", "STREAMS", "s", ">"))
                .containsExactly(
                        "XGROUP CREATECONSUMER s g c",
                        "XCLAIM s g c 0 1-1 2-1 3-1 TIME 1800000000000 RETRYCOUNT 1 FORCE JUSTID",
                        "XGROUP SETID s g 3-1 ENTRIESREAD 3");
        clock.jumpTo(NOW_MS + 5);
        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", "0"))
                .containsExactly("XCLAIM s g c 0 1-1 TIME 1800000000005 RETRYCOUNT 2 FORCE JUSTID");
        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "c", "NOACK", "STREAMS", "s", ">"))
                .containsExactly("XACK s g 4-1", "XGROUP SETID s g 4-1 ENTRIESREAD 4");
        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "d", "STREAMS", "s", ">"))
                .containsExactly("XGROUP CREATECONSUMER s g d");
        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "d", "STREAMS", "s", ">"))
                .isEmpty();
    }

    @Test
    void aClaimTravelsWithItsTimeAndCount() {
        client.call("XGROUP", "CREATE", "s", "g", "0");
        client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
        client.call("XDEL", "s", "2-1");
        clock.jumpTo(NOW_MS + 100);

        assertThat(effectsOf("XCLAIM", "s", "g", "d", "50", "1-1", "2-1", "3-1", "IDLE", "7"))
                .containsExactly(
                        "XGROUP CREATECONSUMER s g d",
                        "XACK s g 2-1",
                        "XCLAIM s g d 0 1-1 3-1 TIME 1800000000093 RETRYCOUNT 2 FORCE JUSTID");
        assertThat(effectsOf("XAUTOCLAIM", "s", "g", "e", "100", "-"))
                .containsExactly(
                        "XGROUP CREATECONSUMER s g e",
                        "XCLAIM s g e 0 4-1 TIME 1800000000100 RETRYCOUNT 2 FORCE JUSTID");
        assertThat(effectsOf("XCLAIM", "s", "g", "d", "0", "1-1", "JUSTID", "LASTID", "9-9"))
                .containsExactly(
                        "XGROUP SETID s g 9-9 ENTRIESREAD 4",
                        "XCLAIM s g d 0 1-1 TIME 1800000000100 RETRYCOUNT 2 FORCE JUSTID");
    }

    @Test
    void groupsTravelWithTheIdThatWasMeant() {
        assertThat(effectsOf("XGROUP", "CREATE", "s", "g", "$")).containsExactly("XGROUP CREATE s g 4-1");
        assertThat(effectsOf("XGROUP", "CREATE", "new", "g", "$", "MKSTREAM"))
                .containsExactly("XGROUP CREATE new g 0-0 MKSTREAM");
        assertThat(effectsOf("XGROUP", "SETID", "s", "g", "-", "ENTRIESREAD", "0"))
                .containsExactly("XGROUP SETID s g 0-0 ENTRIESREAD 0");
        assertThat(effectsOf("XGROUP", "SETID", "s", "g", "2-1"))
                .as("an id that was meant is told from one that was reached by reading")
                .containsExactly("XGROUP SETID s g 0-0", "XGROUP SETID s g 2-1");
        assertThat(effectsOf("XGROUP", "DELCONSUMER", "s", "g", "nobody")).isEmpty();
        assertThat(effectsOf("XGROUP", "DESTROY", "s", "g")).containsExactly("XGROUP DESTROY s g");
        assertThat(effectsOf("XGROUP", "DESTROY", "s", "g")).isEmpty();
    }

    /** Such a count is refused when the journal is read. */
    @Test
    void aCountThatHasOverflowedDoesNotTravel() {
        client.call("XGROUP", "CREATE", "s", "g", "0", "ENTRIESREAD", "9223372036854775807");

        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "c", "NOACK", "STREAMS", "s", ">"))
                .containsExactly("XGROUP CREATECONSUMER s g c", "XACK s g 1-1 2-1 3-1 4-1", "XGROUP SETID s g 4-1");
    }

    @Test
    void aCopiedStreamIsMadeFromNothingWithAllThatItKnows() {
        client.call("XGROUP", "CREATE", "s", "g", "0");
        client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
        client.call("XDEL", "s", "3-1");
        client.call("XTRIM", "s", "MAXLEN", "2");

        assertThat(effectsOf("COPY", "s", "t"))
                .containsExactly(
                        "DEL t",
                        "XADD t 1-1 - -",
                        "XADD t 2-1 n 2",
                        "XADD t 3-1 - -",
                        "XADD t 4-1 n 4",
                        "XGROUP CREATE t g 4-1 ENTRIESREAD 4",
                        "XGROUP CREATECONSUMER t g c",
                        "XCLAIM t g c 0 1-1 2-1 3-1 4-1 TIME 1800000000000 RETRYCOUNT 1 FORCE JUSTID",
                        "XDEL t 3-1",
                        "XTRIM t MAXLEN = 2",
                        "XSETID t 4-1 ENTRIESADDED 4 MAXDELETEDID 3-1");
    }

    @Test
    void anEmptyStreamIsMadeToo() {
        client.call("XGROUP", "CREATE", "empty", "g", "0", "MKSTREAM");
        assertThat(effectsOf("RENAME", "empty", "t"))
                .containsExactly(
                        "DEL empty",
                        "DEL t",
                        "XADD t MAXLEN = 0 0-1 - -",
                        "XGROUP CREATE t g 0-0 ENTRIESREAD -1",
                        "XSETID t 0-0 ENTRIESADDED 0");
    }

    @Test
    void whatRedisBefore7DoesNotKnowIsLeftOutForIt() {
        client.engine().follow(RedisVersion.parse("6.2.14"));
        client.call("XGROUP", "CREATE", "s", "g", "0");
        assertThat(effectsOf("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">"))
                .contains("XGROUP SETID s g 1-1");
        assertThat(effectsOf("COPY", "s", "t")).contains("XGROUP CREATE t g 1-1", "XSETID t 4-1");
    }

    @Test
    void whatChangesNothingIsNotJournaled() {
        client.call("XGROUP", "CREATE", "s", "g", "0");
        client.call("SET", "string", "v");
        for (String[] command : new String[][] {
            {"XADD", "none", "NOMKSTREAM", "*", "a", "1"},
            {"XADD", "s", "1-1", "a", "1"},
            {"XDEL", "s", "9-9"},
            {"XTRIM", "s", "MAXLEN", "100"},
            {"XREAD", "STREAMS", "s", "0"},
            {"XGROUP", "CREATE", "s", "g", "0"},
            {"XADD", "string", "*", "a", "1"},
            {"XCLAIM", "s", "nogroup", "c", "0", "1-1"}
        }) {
            assertThat(effectsOf(command)).as(String.join(" ", command)).isEmpty();
        }
    }

    private List<String> effectsOf(String... command) {
        int before = journal.effects().size();
        Reply unused = client.call(command);
        return journal.effects().stream()
                .skip(before)
                .map(effect -> String.join(
                        " ", effect.command().stream().map(Bytes::utf8).toList()))
                .toList();
    }
}
