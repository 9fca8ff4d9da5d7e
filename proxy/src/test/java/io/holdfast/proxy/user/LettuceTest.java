package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.user.Scene.Mode;
import io.lettuce.core.Consumer;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What programs do with Lettuce, which speaks RESP3 unless told otherwise, standalone and through Holdfast. */
class LettuceTest {
    private static final int SECONDS = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(SECONDS);

    private static RedisClient connect(Scene scene) {
        return RedisClient.create("redis://127.0.0.1:" + scene.port());
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void commandsWithoutWaitingAnswerInOrder(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient client = connect(scene);
                StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisAsyncCommands<String, String> redis = connection.async();
            connection.setAutoFlushCommands(false);
            var counts = new ArrayList<RedisFuture<Long>>();
            for (int i = 0; i < 1000; i++) {
                counts.add(redis.incr("n"));
            }
            connection.flushCommands();
            connection.setAutoFlushCommands(true);
            assertThat(LettuceFutures.awaitAll(PATIENCE, counts.toArray(new RedisFuture<?>[0])))
                    .isTrue();
            for (int i = 0; i < counts.size(); i++) {
                assertThat(counts.get(i).get()).isEqualTo(i + 1);
            }
            RedisCommands<String, String> sync = connection.sync();
            assertThat(sync.set("s", "v", SetArgs.Builder.nx().ex(100))).isEqualTo("OK");
            assertThat(sync.set("s", "w", SetArgs.Builder.nx())).isNull();
            sync.hset("h", Map.of("a", "1", "b", "2"));
            assertThat(sync.hgetall("h")).isEqualTo(Map.of("a", "1", "b", "2"));
            sync.zadd("z", 1.5, "one");
            assertThat(sync.zscore("z", "one")).isEqualTo(1.5);
            assertThat(sync.info("server")).contains("redis_version:");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void aWatchedKeyThatOthersWriteDiscardsTheTransaction(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient client = connect(scene);
                StatefulRedisConnection<String, String> connection = client.connect();
                StatefulRedisConnection<String, String> others = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            redis.watch("k");
            others.sync().set("k", "theirs");
            redis.multi();
            redis.set("k", "ours");
            assertThat(redis.exec().wasDiscarded()).isTrue();
            redis.multi();
            redis.set("k", "ours");
            redis.get("k");
            TransactionResult result = redis.exec();
            assertThat(result.stream().toList()).containsExactly("OK", "ours");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void scriptsAndScansWork(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient client = connect(scene);
                StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            String script = "for i = 1, tonumber(ARGV[1]) do redis.call('SET', KEYS[1] .. i, i) end return ARGV[1]";
            String sum = redis.scriptLoad(script);
            String count = redis.evalsha(sum, ScriptOutputType.VALUE, new String[] {"key:"}, "300");
            assertThat(count).isEqualTo("300");
            assertThatThrownBy(() -> redis.evalsha("0".repeat(40), ScriptOutputType.VALUE))
                    .isInstanceOf(RedisNoScriptException.class);
            var keys = new HashSet<String>();
            KeyScanCursor<String> cursor = redis.scan(ScanArgs.Builder.matches("key:*"));
            keys.addAll(cursor.getKeys());
            while (!cursor.isFinished()) {
                cursor = redis.scan(ScanCursor.of(cursor.getCursor()), ScanArgs.Builder.matches("key:*"));
                keys.addAll(cursor.getKeys());
            }
            assertThat(keys).hasSize(300);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    @SuppressWarnings("unchecked") // varargs of a generic type
    void whoWaitsIsServed(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient client = connect(scene);
                StatefulRedisConnection<String, String> waiting = client.connect();
                StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            var popped = waiting.async().blpop(SECONDS, "queue");
            redis.rpush("queue", "job");
            assertThat(popped.get(SECONDS, TimeUnit.SECONDS).getValue()).isEqualTo("job");

            redis.xgroupCreate(StreamOffset.latest("stream"), "group", XGroupCreateArgs.Builder.mkstream());
            var read = waiting.async()
                    .xreadgroup(
                            Consumer.from("group", "me"),
                            XReadArgs.Builder.block(PATIENCE),
                            StreamOffset.lastConsumed("stream"));
            String id = redis.xadd("stream", Map.of("f", "v"));
            List<StreamMessage<String, String>> messages = read.get(SECONDS, TimeUnit.SECONDS);
            assertThat(messages).hasSize(1);
            assertThat(messages.get(0).getId()).isEqualTo(id);
            assertThat(messages.get(0).getBody()).isEqualTo(Map.of("f", "v"));
            assertThat(redis.xack("stream", "group", id)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void subscribersHearWhatIsPublished(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient client = connect(scene);
                StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
                StatefulRedisConnection<String, String> connection = client.connect()) {
            var heard = new LinkedBlockingQueue<String>();
            subscriber.addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, String message) {
                    heard.add(channel + ": " + message);
                }

                @Override
                public void message(String pattern, String channel, String message) {
                    heard.add(pattern + " " + channel + ": " + message);
                }

                @Override
                public void smessage(String channel, String message) {
                    heard.add("shard " + channel + ": " + message);
                }
            });
            subscriber.sync().subscribe("news");
            subscriber.sync().psubscribe("w*");
            subscriber.sync().ssubscribe("shard");
            RedisCommands<String, String> redis = connection.sync();
            assertThat(redis.publish("news", "a")).isEqualTo(1);
            assertThat(redis.publish("weather", "b")).isEqualTo(1);
            assertThat(redis.spublish("shard", "c")).isEqualTo(1);
            for (String expected : List.of("news: a", "w* weather: b", "shard shard: c")) {
                assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void whatAClientCachesIsDroppedWhenOthersWriteIt(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient client = connect(scene);
                StatefulRedisConnection<String, String> connection = client.connect();
                StatefulRedisConnection<String, String> others = client.connect()) {
            others.sync().set("k", "old");
            var cached = new ConcurrentHashMap<String, String>();
            CacheFrontend<String, String> cache =
                    ClientSideCaching.enable(CacheAccessor.forMap(cached), connection, TrackingArgs.Builder.enabled());
            assertThat(cache.get("k")).isEqualTo("old");
            assertThat(cached).containsEntry("k", "old");
            others.sync().set("k", "new");
            await().atMost(PATIENCE).until(() -> Objects.equals(cache.get("k"), "new"));
        }
    }
}
