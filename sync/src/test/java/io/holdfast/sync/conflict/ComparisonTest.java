package io.holdfast.sync.conflict;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much of the upstream a comparison holds at once; what it finds is tested against a real one. */
class ComparisonTest {
    private static final int KEYS = 12;
    private static final int MEMBERS = 2_000;
    private static final int AT_ONCE_MAX = 5_000;

    /** Sets of one size each, and how many members were given in answer to one question. */
    private static final class Sets implements Asker {
        final List<Integer> givenAtOnce = new ArrayList<>();

        @Override
        public List<Reply> ask(List<List<Bytes>> commands) {
            int given = 0;
            List<Reply> replies = new ArrayList<>();
            for (List<Bytes> command : commands) {
                String name = command.get(0).latin1();
                given += name.equals("SMEMBERS") ? MEMBERS : 0;
                replies.add(
                        switch (name) {
                            case "TYPE" -> Reply.bulk(Bytes.of("set"));
                            case "SCARD" -> Reply.of(MEMBERS);
                            case "SMEMBERS" -> new Reply.Array(List.copyOf(members()));
                            default -> Reply.of(0);
                        });
            }
            givenAtOnce.add(given);
            return replies;
        }

        private static List<? extends Reply> members() {
            return IntStream.range(0, MEMBERS)
                    .mapToObj(i -> Reply.bulk(Bytes.of(i)))
                    .toList();
        }
    }

    @Test
    void noMoreIsReadAtOnceThanAPortion() throws IOException {
        Map<Watched, Base> bases = new LinkedHashMap<>();
        for (int i = 0; i < KEYS; i++) {
            var content = new Content.Parts("set", List.of(Bytes.of("other")));
            bases.put(new Watched(i % 2, Bytes.of("k" + i)), new Base(content, KeyRecord.NEVER, List.of()));
        }
        var upstream = new Sets();

        Map<Watched, Divergence> found = new Comparison(bases, upstream, true, 0).run(new Touches(), false);

        assertThat(found).containsOnlyKeys(bases.keySet());
        assertThat(found.values())
                .allSatisfy(divergence -> assertThat(divergence.parts()).hasSize(MEMBERS + 1));
        assertThat(upstream.givenAtOnce).allSatisfy(given -> assertThat(given).isLessThanOrEqualTo(AT_ONCE_MAX));
        assertThat(upstream.givenAtOnce.stream().mapToInt(given -> given).sum()).isEqualTo(KEYS * MEMBERS);
    }
}
