package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.InDoubt;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.WireReply;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** What commands on HyperLogLogs and places leave in the journal, and scores that are distances. */
class HyperLogLogAndGeoEffectsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient client =
            EngineClient.start(RedisVersion.STANDALONE, journal, new TestClock(1_800_000_000_000L));

    @Test
    void elementsThatRaiseNoRegisterAreNotJournaled() {
        assertThat(effectsOf("PFADD", "h", "a", "b")).containsExactly("PFADD h a b");
        assertThat(effectsOf("PFADD", "h", "b", "a")).isEmpty();
        assertThat(effectsOf("PFADD", "new")).containsExactly("PFADD new");
    }

    @Test
    void aCountThatIsNotedIsJournaledOnce() {
        client.call("PFADD", "h", "a");
        assertThat(effectsOf("PFCOUNT", "h")).containsExactly("PFCOUNT h");
        assertThat(effectsOf("PFCOUNT", "h")).isEmpty();
        assertThat(effectsOf("PFCOUNT", "h", "none")).isEmpty();
    }

    @Test
    void countingIsRoutedAsTheWriteThatItMayBe() {
        CommandSpec pfcount = client.engine().commands().resolve(new Bytes[] {Bytes.of("PFCOUNT"), Bytes.of("h")});
        assertThat(pfcount.kind()).isEqualTo(CommandKind.WRITE);
        assertThat(pfcount.is(Flag.READONLY)).isTrue();
        assertThat(pfcount.inDoubt(new Bytes[] {Bytes.of("PFCOUNT"), Bytes.of("h")}))
                .isEqualTo(InDoubt.ABSORB);
    }

    @Test
    void aMergeTravelsAsItsResult() {
        client.call("PFADD", "a", "x");
        client.call("PFADD", "b", "y");
        client.call("EXPIRE", "a", "1000");
        assertThat(effectsOf("PFMERGE", "a", "b")).singleElement().asString().matches("SET a HYLL[\\s\\S]* KEEPTTL");
        assertThat(effectsOf("PFDEBUG", "TODENSE", "a")).containsExactly("PFDEBUG TODENSE a");
        assertThat(effectsOf("PFDEBUG", "GETREG", "a")).isEmpty();
    }

    @Test
    void aCorruptHyperLogLogIsLeftAsItIs() {
        client.call(Bytes.of("SET"), Bytes.of("h"), corrupt());
        assertThat(effectsOf("PFADD", "h", "a", "b", "c")).isEmpty();
        assertThat(client.call("GET", "h")).isEqualTo(Reply.bulk(corrupt()));
    }

    /** Registers end after 64. */
    private static Bytes corrupt() {
        byte[] content = Arrays.copyOf("HYLL\1".getBytes(StandardCharsets.ISO_8859_1), 17);
        content[16] = 63;
        return Bytes.wrap(content);
    }

    @Test
    void placesTravelAsScores() {
        assertThat(effectsOf("GEOADD", "g", "13.361389", "38.115556", "Palermo"))
                .containsExactly("ZADD g 3479099956230698 Palermo");
        assertThat(effectsOf("GEOADD", "g", "NX", "1", "1", "Palermo")).isEmpty();
        assertThat(effectsOf("GEORADIUS", "g", "15", "37", "300", "km")).isEmpty();
        assertThat(effectsOf("GEOSEARCHSTORE", "to", "g", "FROMLONLAT", "15", "37", "BYRADIUS", "300", "km"))
                .containsExactly("DEL to", "ZADD to 3479099956230698 Palermo");
        assertThat(effectsOf("GEORADIUS", "g", "0", "0", "1", "m", "STORE", "to"))
                .containsExactly("DEL to");
    }

    /** The last bit of a sine or two is another one in C's library now and then. */
    @Test
    void distancesThatAreStoredAreThoseOfTheRealServerButForTheLastBits() {
        try (RealRedis real = RealRedis.start();
                RespClient redis = real.connect()) {
            int same = 0;
            int all = 400;
            for (int i = 0; i < all; i++) {
                String[] add = {"GEOADD", "g", Double.toString(i * 0.7 - 140), Double.toString(i * 0.4 - 80), "m" + i};
                client.call(add);
                redis.raw(add);
            }
            String[] store = {
                "GEOSEARCHSTORE", "to", "g", "FROMLONLAT", "15", "37", "BYRADIUS", "30000", "km", "STOREDIST"
            };
            client.call(store);
            redis.raw(store);
            for (int i = 0; i < all; i++) {
                double mine = score(client.raw("ZSCORE", "to", "m" + i));
                double theirs = score(redis.raw("ZSCORE", "to", "m" + i));
                assertThat(mine).isCloseTo(theirs, Percentage.withPercentage(1e-12));
                same += mine == theirs ? 1 : 0;
            }
            assertThat(same).isGreaterThan(all * 9 / 10);
        }
    }

    private static double score(byte[] reply) {
        return Double.parseDouble(WireReply.of(reply).text().utf8());
    }

    private List<String> effectsOf(String... command) {
        int before = journal.effects().size();
        client.call(command);
        return journal.effects().stream()
                .skip(before)
                .map(effect -> String.join(
                        " ", effect.command().stream().map(Bytes::latin1).toList()))
                .toList();
    }
}
