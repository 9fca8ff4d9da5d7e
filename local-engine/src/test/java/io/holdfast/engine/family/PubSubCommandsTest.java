package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.config.OfflineRules;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a transcript of one connection does not show of channels: whom a message reaches. */
class PubSubCommandsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient client =
            EngineClient.start(RedisVersion.STANDALONE, journal, new TestClock(1_800_000_000_000L));
    private final EngineClient other = client.another();

    @Test
    void aMessageReachesTheChannelsListenersAndThoseByPattern() {
        other.call("SUBSCRIBE", "news");
        other.call("PSUBSCRIBE", "n*");
        assertThat(client.call("PUBLISH", "news", "hello")).isEqualTo(Reply.of(2));
        assertThat(heard(other)).containsExactly("message news hello", "pmessage n* news hello");
    }

    @Test
    void whatIsPublishedIsJournaledForAnUpstreamWhereThatIsWanted() {
        client.call("PUBLISH", "news", "standalone");
        client.engine().journalForUpstream(OfflineRules.DEFAULT);
        client.call("PUBLISH", "news", "by default");
        client.engine().journalForUpstream(new OfflineRules(false, true));
        client.call("PUBLISH", "news", "hello");
        client.call("SPUBLISH", "news", "shard");
        assertThat(journal.entries())
                .extracting(entry -> entry.effects().toString())
                .containsExactly(
                        "[Effect[db=0, command=[PUBLISH, news, hello]]]",
                        "[Effect[db=0, command=[SPUBLISH, news, shard]]]");
    }

    @Test
    void aMessageThatCannotBeJournaledReachesNobody() {
        client.engine().journalForUpstream(new OfflineRules(false, true));
        client.engine().forbidWrites(RedisError.of("FENCED for a reason"));
        other.call("SUBSCRIBE", "news");
        assertThat(client.call("PUBLISH", "news", "hello"))
                .isEqualTo(RedisError.of("FENCED for a reason").reply());
        assertThat(heard(other)).isEmpty();
        assertThat(journal.entries()).isEmpty();
    }

    @Test
    void aShardMessageReachesShardListenersOnly() {
        other.call("SUBSCRIBE", "news");
        other.call("SSUBSCRIBE", "news");
        assertThat(client.call("SPUBLISH", "news", "hello")).isEqualTo(Reply.ONE);
        assertThat(heard(other)).containsExactly("smessage news hello");
    }

    @Test
    void aClientThatHasUnsubscribedHearsNothingAnyMore() {
        other.call("SUBSCRIBE", "news", "sports");
        other.call("UNSUBSCRIBE");
        assertThat(client.call("PUBLISH", "news", "hello")).isEqualTo(Reply.ZERO);
        assertThat(heard(other)).isEmpty();
    }

    @Test
    void severalChannelsAreConfirmedOneByOne() {
        var confirmed = (Reply.Sequence) client.call("SUBSCRIBE", "a", "b", "a");
        assertThat(confirmed.replies())
                .containsExactly(
                        confirmation("subscribe", "a", 1),
                        confirmation("subscribe", "b", 2),
                        confirmation("subscribe", "a", 2));
    }

    @Test
    void messagesAreNotJournaled() {
        other.call("SUBSCRIBE", "news");
        client.call("PUBLISH", "news", "hello");
        assertThat(journal.entries()).isEmpty();
    }

    @Test
    void helpTellsOfEverySubcommand() {
        client.speak(RespVersion.RESP3);
        var lines = (Reply.Array) client.call("PUBSUB", "HELP");
        assertThat(lines.items())
                .contains(Reply.simple("CHANNELS"), Reply.simple("NUMPAT"), Reply.simple("SHARDNUMSUB"));
    }

    private static List<String> heard(EngineClient listener) {
        var messages = new ArrayList<String>();
        while (listener.hasUnread()) {
            messages.add(WireReply.of(listener.readRaw()).items().stream()
                    .map(item -> item.body().utf8())
                    .collect(Collectors.joining(" ")));
        }
        return messages;
    }

    private static Reply confirmation(String kind, String channel, long count) {
        return new Reply.Push(List.of(Reply.bulk(kind), Reply.bulk(channel), Reply.of(count)));
    }
}
