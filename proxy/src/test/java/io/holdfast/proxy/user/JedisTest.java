package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.proxy.user.Scene.Mode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.resps.StreamEntry;

/** What programs do with Jedis, over its pool, in both protocols, standalone and through Holdfast. */
class JedisTest {
    private static final int SECONDS = 60;

    private static RedisClient connect(Scene scene, boolean resp3) {
        var config = DefaultJedisClientConfig.builder();
        if (resp3) {
            config.resp3();
        }
        return RedisClient.builder()
                .hostAndPort("127.0.0.1", scene.port())
                .clientConfig(config.build())
                .build();
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void valuesOfEveryTypeComeBack(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            for (boolean resp3 : new boolean[] {false, true}) {
                try (RedisClient redis = connect(scene, resp3)) {
                    redis.flushAll();
                    assertThat(redis.set("s", "v", SetParams.setParams().nx().ex(100)))
                            .isEqualTo("OK");
                    assertThat(redis.set("s", "w", SetParams.setParams().nx())).isNull();
                    assertThat(redis.ttl("s")).isBetween(1L, 100L);
                    redis.hset("h", Map.of("a", "1", "b", "2"));
                    assertThat(redis.hgetAll("h")).isEqualTo(Map.of("a", "1", "b", "2"));
                    redis.sadd("set", "x", "y");
                    assertThat(redis.smembers("set")).isEqualTo(Set.of("x", "y"));
                    redis.zadd("z", Map.of("one", 1.5, "two", 2d));
                    assertThat(redis.zrangeWithScores("z", 0, -1))
                            .extracting(tuple -> tuple.getElement() + "=" + tuple.getScore())
                            .containsExactly("one=1.5", "two=2.0");
                    redis.geoadd("geo", 13.361389, 38.115556, "Palermo");
                    assertThat(redis.geopos("geo", "Palermo").get(0).getLongitude())
                            .isBetween(13.36, 13.37);
                    redis.pfadd("hll", "a", "b", "a");
                    assertThat(redis.pfcount("hll")).isEqualTo(2);
                    assertThatThrownBy(() -> redis.incr("h"))
                            .isInstanceOf(JedisDataException.class)
                            .hasMessageStartingWith("WRONGTYPE");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void pipelinesAndTransactionsAnswerInOrder(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient redis = connect(scene, true)) {
            Pipeline pipeline = redis.pipelined();
            Response<Long> last = pipeline.incr("n");
            for (int i = 1; i < 1000; i++) {
                last = pipeline.incr("n");
            }
            pipeline.sync();
            assertThat(last.get()).isEqualTo(1000);
            pipeline.close();
            try (AbstractTransaction transaction = redis.transaction(false)) {
                transaction.watch("n");
                redis.incr("n");
                transaction.multi();
                transaction.set("n", "0");
                assertThat(transaction.exec()).isNull();
            }
            try (AbstractTransaction transaction = redis.multi()) {
                Response<Long> added = transaction.incr("n");
                Response<String> read = transaction.get("n");
                assertThat(transaction.exec()).containsExactly(1002L, "1002");
                assertThat(added.get()).isEqualTo(1002);
                assertThat(read.get()).isEqualTo("1002");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void aScanMeetsEveryKeyAndField(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient redis = connect(scene, true)) {
            for (int i = 0; i < 500; i++) {
                redis.set("key:" + i, "v");
                redis.hset("hash", "field:" + i, "v");
            }
            var keys = new HashSet<String>();
            String cursor = ScanParams.SCAN_POINTER_START;
            do {
                ScanResult<String> part =
                        redis.scan(cursor, new ScanParams().match("key:*").count(50));
                keys.addAll(part.getResult());
                cursor = part.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
            assertThat(keys).hasSize(500);
            var fields = new HashSet<String>();
            do {
                ScanResult<Map.Entry<String, String>> part = redis.hscan("hash", cursor);
                part.getResult().forEach(entry -> fields.add(entry.getKey()));
                cursor = part.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
            assertThat(fields).hasSize(500);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void scriptsAreFoundByTheirSum(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient redis = connect(scene, true)) {
            String script = "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1]), #ARGV}";
            assertThat(redis.eval(script, List.of("k"), List.of("v"))).isEqualTo(List.of("v", 1L));
            String sum = redis.scriptLoad(script);
            assertThat(redis.evalsha(sum, List.of("k"), List.of("w", "x"))).isEqualTo(List.of("w", 2L));
            assertThatThrownBy(() -> redis.evalsha("0".repeat(40), List.of(), List.of()))
                    .hasMessageStartingWith("NOSCRIPT");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void whoWaitsIsServed(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient redis = connect(scene, true)) {
            CompletableFuture<List<String>> popped =
                    CompletableFuture.supplyAsync(() -> redis.blpop(SECONDS, "a", "queue"));
            redis.rpush("queue", "job");
            assertThat(popped.get(SECONDS, TimeUnit.SECONDS)).containsExactly("queue", "job");

            redis.xgroupCreate("stream", "group", StreamEntryID.XGROUP_LAST_ENTRY, true);
            CompletableFuture<List<Map.Entry<String, List<StreamEntry>>>> read =
                    CompletableFuture.supplyAsync(() -> redis.xreadGroup(
                            "group",
                            "me",
                            XReadGroupParams.xReadGroupParams().block(SECONDS * 1000),
                            Map.of("stream", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY)));
            StreamEntryID id = redis.xadd("stream", StreamEntryID.NEW_ENTRY, Map.of("f", "v"));
            StreamEntry entry =
                    read.get(SECONDS, TimeUnit.SECONDS).get(0).getValue().get(0);
            assertThat(entry.getID()).isEqualTo(id);
            assertThat(entry.getFields()).isEqualTo(Map.of("f", "v"));
            assertThat(redis.xack("stream", "group", id)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDALONE", "ONLINE"})
    void subscribersHearWhatIsPublished(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                RedisClient redis = connect(scene, true);
                Jedis subscriber = new Jedis("127.0.0.1", scene.port())) {
            var heard = new LinkedBlockingQueue<String>();
            var listener = new JedisPubSub() {
                @Override
                public void onPSubscribe(String pattern, int count) {
                    heard.add("subscribed to " + pattern);
                }

                @Override
                public void onPMessage(String pattern, String channel, String message) {
                    heard.add(channel + ": " + message);
                    punsubscribe();
                }
            };
            CompletableFuture<Void> listening =
                    CompletableFuture.runAsync(() -> subscriber.psubscribe(listener, "news.*"));
            assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("subscribed to news.*");
            assertThat(redis.publish("news.today", "hello")).isEqualTo(1);
            assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("news.today: hello");
            listening.get(SECONDS, TimeUnit.SECONDS);
        }
    }
}
