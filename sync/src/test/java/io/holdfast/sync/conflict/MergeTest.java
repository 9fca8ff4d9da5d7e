package io.holdfast.sync.conflict;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a SET overwrites is told by its options, not by what its key and value say. */
class MergeTest {
    private static Effect effect(String command) {
        return Effect.of(0, Stream.of(command.split(" ")).map(Bytes::of).toArray(Bytes[]::new));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"SET k NX PXAT 1893456000000", "SET NX v KEEPTTL", "SET NX NX KEEPTTL", "SET k NX", "SET k v"})
    void aKeyOrValueThatReadsNxIsNoOption(String command) {
        assertThat(Merge.of(effect(command).command())).isEqualTo(Merge.STRING);
        assertThat(Unmet.of(effect(command), Reply.Null.BULK)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET k v NX", "SET NX NX NX", "SET k v PXAT 1893456000000 NX"})
    void theOptionOverwritesNothing(String command) {
        assertThat(Merge.of(effect(command).command())).isEqualTo(Merge.COMMUTES);
        assertThat(Unmet.of(effect(command), Reply.Null.BULK)).isPresent();
    }
}
