package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RealRedis.Newer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replay into a Redis 8 and a Valkey. */
class NewerRedisTest {
    private final Path directory;

    NewerRedisTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void itGivesExactlyOnceAndTakesWhateverTheJournalMayHold(Newer newer) {
        try (var redis = RealRedis.start(newer);
                var node = new ReplayFixture(directory, redis)) {
            Replayer replayer = node.replayer();
            replayer.start();
            node.heard.next();

            Capabilities found = replayer.status().capabilities();
            assertThat(found.version()).isEqualTo(redis.version());
            assertThat(found.flavour()).isEqualTo(newer == Newer.VALKEY_8 ? "valkey" : "redis");
            assertThat(found.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
            assertThat(found.rights())
                    .isEqualTo("client_kill:1,transactions:1,cursor:1,tracking:1,idletime:1,freq:0,refused:");
        }
    }

    /** TIME stands still within its transactions. */
    @ParameterizedTest
    @EnumSource(Newer.class)
    void entriesThatKeepItBusyGoInSmallerBatches(Newer newer) {
        try (var redis = RealRedis.start(newer);
                var node = new ReplayFixture(directory, redis)) {
            redis.cli("EVAL", "for i = 1, 40000 do redis.call('rpush', KEYS[1], i) end", "1", "long");
            List<Long> batches = new ArrayList<>();
            node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
                if (step == FaultyUpstream.Step.BEFORE_SEND
                        && sent.get(0).get(0).equals(Bytes.of("MULTI"))) {
                    batches.add(sent.stream()
                            .filter(words -> words.get(0).equals(Bytes.of("LREM")))
                            .count());
                }
            });
            for (int i = 0; i < 1500; i++) {
                node.write("LREM", "long", "-1", "none"); // each looks at the whole list
            }

            assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

            List<Long> ofEntries = batches.stream().filter(size -> size > 0).toList();
            assertThat(ofEntries.subList(1, ofEntries.size())).isNotEmpty().allMatch(size -> size < 250);
        }
    }
}
