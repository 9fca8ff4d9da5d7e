package io.holdfast.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What it is for is speed, which bench shows; here: that it is a look, and no more. */
class LookAheadTest {
    private static final int MANY = 10_000;

    private final Keyspace keyspace = new Keyspaces(1, new SplittableRandom(1)).get(0);
    private final LookAhead lookAhead = new LookAhead();

    private static ByteBuf requests(int count, String command, String key) {
        ByteBuf all = Unpooled.buffer();
        for (int i = 0; i < count; i++) {
            RequestFrame.of(Bytes.of(command), Bytes.of(key + i % 3), Bytes.of("m" + i))
                    .writeTo(all);
        }
        return all;
    }

    @Test
    void manyKeysAreLookedAtAndStayAsTheyAre() {
        for (int i = 0; i < MANY; i++) {
            keyspace.put(Bytes.of("k" + i), new StringValue(Bytes.of(i % 2 == 0 ? "" : "v" + i)));
        }
        ByteBuf received = requests(16, "GET", "k");
        KeyRecord one = keyspace.insert(Bytes.of("one"), new StringValue(Bytes.of("v")));
        int used = one.used;

        assertThat(lookAhead.step(keyspace, received)).isEqualTo(16);
        assertThat(lookAhead.step(keyspace, received)).isEqualTo(16);
        assertThat(lookAhead.read()).isNotZero();
        assertThat(keyspace.size()).isEqualTo(MANY + 1);
        assertThat(one.used).isEqualTo(used);
        assertThat(received.readerIndex()).isZero();
    }

    @Test
    void aBigSetIsLookedAtForItsMembers() {
        var set = new SetValue(EncodingLimits.DEFAULT);
        for (int i = 0; i < MANY; i++) {
            set.add(Bytes.of("m" + i));
        }
        keyspace.put(Bytes.of("s0"), set);
        ByteBuf all = Unpooled.buffer();
        for (int i = 0; i < 16; i++) {
            RequestFrame.of(Bytes.of("SADD"), Bytes.of("s0"), Bytes.of("m" + i)).writeTo(all);
        }

        assertThat(lookAhead.step(keyspace, all)).isEqualTo(16);
        assertThat(lookAhead.read()).isNotZero();
        assertThat(set.size()).isEqualTo(MANY);
    }

    @Test
    void whereItIsOfNoUseItRestsForAWhile() {
        keyspace.put(Bytes.of("k0"), new StringValue(Bytes.of("v")));
        ByteBuf received = requests(16, "GET", "k");
        assertThat(lookAhead.step(keyspace, received)).isEqualTo(16);

        int rests = 0;
        while (lookAhead.step(keyspace, received) == Integer.MAX_VALUE) {
            rests++;
        }

        assertThat(rests).isPositive();
        assertThat(lookAhead.read()).isZero();
    }
}
