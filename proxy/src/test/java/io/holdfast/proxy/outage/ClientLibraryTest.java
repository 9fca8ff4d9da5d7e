package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;

/** Jedis and Lettuce, as they are out of the box, keep one connection through an outage and get right answers. */
class ClientLibraryTest {
    /** How the upstream goes, and comes back. */
    enum Outage {
        KILLED {
            @Override
            void begin(Rig rig) {
                rig.redis.kill();
            }

            @Override
            void end(Rig rig) {
                rig.redis.restart();
            }
        },
        FROZEN {
            @Override
            void begin(Rig rig) {
                rig.redis.freeze();
                rig.waitBriefly();
            }

            @Override
            void end(Rig rig) {
                rig.thaw();
            }
        };

        abstract void begin(Rig rig);

        abstract void end(Rig rig);
    }

    @ParameterizedTest
    @EnumSource
    void jedisKeepsItsConnection(Outage outage, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir);
                var jedis = new Jedis("127.0.0.1", rig.holdfast.port())) {
            long id = jedis.clientId();
            useJedis(jedis, 1);
            Rig.awaitKnown(rig.client(), "k", "n", "l", "h", "z");
            outage.begin(rig);
            rig.awaitMode("offline");
            useJedis(jedis, 2);
            outage.end(rig);
            rig.awaitMode("online");
            useJedis(jedis, 3);

            assertThat(jedis.clientId()).isEqualTo(id);
            assertContents(rig);
        }
    }

    private static void useJedis(Jedis jedis, int round) {
        assertThat(jedis.set("k", "v" + round)).isEqualTo("OK");
        assertThat(jedis.get("k")).isEqualTo("v" + round);
        assertThat(jedis.incr("n")).isEqualTo(round);
        Pipeline pipeline = jedis.pipelined();
        Response<Long> pushed = pipeline.rpush("l", "e" + round);
        Response<List<String>> all = pipeline.lrange("l", 0, -1);
        pipeline.sync();
        assertThat(pushed.get()).isEqualTo(round);
        assertThat(all.get()).hasSize(round).last().isEqualTo("e" + round);
        Transaction transaction = jedis.multi();
        transaction.hset("h", "f" + round, "v");
        transaction.hlen("h");
        assertThat(transaction.exec()).containsExactly(1L, (long) round);
        jedis.zadd("z", round, "m" + round);
        assertThat(jedis.zscore("z", "m" + round)).isEqualTo(round);
    }

    @ParameterizedTest
    @EnumSource
    void lettuceKeepsItsConnection(Outage outage, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir);
                RedisClient client = RedisClient.create("redis://127.0.0.1:" + rig.holdfast.port());
                StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            long id = redis.clientId();
            useLettuce(redis, 1);
            Rig.awaitKnown(rig.client(), "k", "n", "l", "h", "z");
            outage.begin(rig);
            rig.awaitMode("offline");
            useLettuce(redis, 2);
            outage.end(rig);
            rig.awaitMode("online");
            useLettuce(redis, 3);

            assertThat(redis.clientId()).isEqualTo(id);
            assertContents(rig);
        }
    }

    private static void useLettuce(RedisCommands<String, String> redis, int round) {
        assertThat(redis.set("k", "v" + round)).isEqualTo("OK");
        assertThat(redis.get("k")).isEqualTo("v" + round);
        assertThat(redis.incr("n")).isEqualTo(round);
        assertThat(redis.rpush("l", "e" + round)).isEqualTo(round);
        assertThat(redis.lrange("l", 0, -1)).hasSize(round).last().isEqualTo("e" + round);
        redis.multi();
        redis.hset("h", "f" + round, "v");
        redis.hlen("h");
        assertThat(redis.exec().stream().toList()).containsExactly(true, (long) round);
        redis.zadd("z", round, "m" + round);
        assertThat(redis.zscore("z", "m" + round)).isEqualTo(round);
    }

    /** What both wrote, once each, upstream. */
    private static void assertContents(Rig rig) {
        assertThat(Contents.textsOf(rig.direct(), key -> true).toString())
                .isEqualTo("{h=hash {f1=v, f2=v, f3=v}, k=string v3, l=list [e1, e2, e3], n=string 3,"
                        + " z=zset {m1=1, m2=2, m3=3}}");
    }

    @ParameterizedTest
    @EnumSource
    void theirSubscribersHearMessagesBeforeDuringAndAfter(Outage outage, @TempDir Path dataDir) throws Exception {
        var heardByJedis = new CopyOnWriteArrayList<String>();
        var heardByLettuce = new CopyOnWriteArrayList<String>();
        try (var rig = new Rig(dataDir);
                var jedis = new Jedis("127.0.0.1", rig.holdfast.port());
                var publisher = new Jedis("127.0.0.1", rig.holdfast.port());
                RedisClient client = RedisClient.create("redis://127.0.0.1:" + rig.holdfast.port());
                StatefulRedisPubSubConnection<String, String> connection = client.connectPubSub()) {
            connection.addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, String message) {
                    heardByLettuce.add(message);
                }
            });
            connection.sync().subscribe("news");
            var subscriber = new JedisPubSub() {
                @Override
                public void onMessage(String channel, String message) {
                    heardByJedis.add(message);
                }
            };
            var listening = new Thread(() -> jedis.subscribe(subscriber, "news"), "jedis subscriber");
            listening.start();

            hear(publisher, "before", heardByJedis, heardByLettuce);
            outage.begin(rig);
            rig.awaitMode("offline");
            hear(publisher, "during", heardByJedis, heardByLettuce);
            outage.end(rig);
            rig.awaitMode("online");
            hear(publisher, "after", heardByJedis, heardByLettuce);

            assertThat(heardByLettuce).doesNotHaveDuplicates();
            assertThat(listening.isAlive()).isTrue();
            subscriber.unsubscribe();
            listening.join(Rig.PATIENCE.toMillis());
            assertThat(listening.isAlive()).isFalse();
        }
    }

    /** Pub/Sub is at most once: until both are subscribed (again), what is published may be heard by one or none. */
    private static void hear(Jedis publisher, String word, List<String> first, List<String> second) {
        await().atMost(Rig.PATIENCE).until(() -> {
            publisher.publish("news", word + System.nanoTime());
            return first.stream().anyMatch(heard -> heard.startsWith(word))
                    && second.stream().anyMatch(heard -> heard.startsWith(word));
        });
    }
}
