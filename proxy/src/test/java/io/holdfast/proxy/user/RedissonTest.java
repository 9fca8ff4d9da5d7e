package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.RBlockingQueue;
import org.redisson.api.RCountDownLatch;
import org.redisson.api.RLock;
import org.redisson.api.RMap;
import org.redisson.api.RMapCache;
import org.redisson.api.RReadWriteLock;
import org.redisson.api.RSemaphore;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/** Redisson's locks, maps, semaphores and queues, which are scripts and messages, against a standalone Holdfast. */
@SuppressWarnings("LockNotBeforeTry") // who holds a lock when is what is looked at
class RedissonTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Scene scene;
    private final ExecutorService others = Executors.newCachedThreadPool();
    private final RedissonClient redisson;
    private final RedissonClient another;

    RedissonTest(@TempDir Path directory) throws Exception {
        scene = Scene.of(Scene.Mode.STANDALONE, directory.resolve("data"));
        redisson = connect();
        another = connect();
    }

    private RedissonClient connect() {
        var config = new Config();
        config.setCodec(StringCodec.INSTANCE);
        config.useSingleServer()
                .setAddress("redis://127.0.0.1:" + scene.port())
                .setConnectionMinimumIdleSize(1)
                .setConnectionPoolSize(8);
        return Redisson.create(config);
    }

    @AfterEach
    void stop() {
        others.shutdownNow();
        redisson.shutdown();
        another.shutdown();
        scene.close();
    }

    private <T> T elsewhere(Callable<T> task) throws Exception {
        return get(others.submit(task));
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aLockIsHeldByOneThreadAndHandedToTheOneThatWaits() throws Exception {
        RLock lock = redisson.getLock("lock");
        lock.lock();
        lock.lock();
        assertThat(lock.getHoldCount()).isEqualTo(2);
        assertThat(elsewhere(() -> another.getLock("lock").tryLock())).isFalse();
        Future<Boolean> waiting = others.submit(() -> {
            RLock theirs = another.getLock("lock");
            theirs.lock();
            boolean held = theirs.isHeldByCurrentThread();
            theirs.unlock();
            return held;
        });
        lock.unlock();
        assertThat(another.getLock("lock").isLocked()).isTrue();
        lock.unlock();
        assertThat(get(waiting)).isTrue();
        await().atMost(PATIENCE).until(() -> !lock.isLocked());
    }

    @Test
    void aLeasedLockEndsByItself() throws Exception {
        redisson.getLock("leased").lock(50, TimeUnit.MILLISECONDS);
        assertThat(elsewhere(() -> another.getLock("leased").tryLock(60, 60, TimeUnit.SECONDS)))
                .isTrue();
    }

    @Test
    void aFairLockIsTakenByBothInTurn() throws Exception {
        RLock lock = redisson.getFairLock("fair");
        lock.lock();
        Future<Boolean> waiting =
                others.submit(() -> another.getFairLock("fair").tryLock(60, TimeUnit.SECONDS));
        lock.unlock();
        assertThat(get(waiting)).isTrue();
    }

    @Test
    void readersShareALockThatAWriterHasAlone() throws Exception {
        RReadWriteLock lock = redisson.getReadWriteLock("rw");
        lock.readLock().lock();
        assertThat(elsewhere(() -> {
                    RLock read = another.getReadWriteLock("rw").readLock();
                    boolean taken = read.tryLock();
                    read.unlock();
                    return taken;
                }))
                .isTrue();
        assertThat(elsewhere(() -> another.getReadWriteLock("rw").writeLock().tryLock()))
                .isFalse();
        lock.readLock().unlock();
        assertThat(elsewhere(() -> another.getReadWriteLock("rw").writeLock().tryLock()))
                .isTrue();
        assertThat(lock.readLock().tryLock()).isFalse();
    }

    @Test
    void aSemaphoreLetsInAsManyAsItHasPermits() throws Exception {
        RSemaphore semaphore = redisson.getSemaphore("semaphore");
        assertThat(semaphore.trySetPermits(2)).isTrue();
        assertThat(semaphore.tryAcquire(2)).isTrue();
        assertThat(another.getSemaphore("semaphore").tryAcquire()).isFalse();
        Future<Boolean> waiting =
                others.submit(() -> another.getSemaphore("semaphore").tryAcquire(1, PATIENCE));
        semaphore.release();
        assertThat(get(waiting)).isTrue();
        assertThat(semaphore.availablePermits()).isZero();
    }

    @Test
    void aLatchOpensWhenAllHaveCountedDown() throws Exception {
        RCountDownLatch latch = redisson.getCountDownLatch("latch");
        latch.trySetCount(2);
        Future<Boolean> waiting =
                others.submit(() -> another.getCountDownLatch("latch").await(60, TimeUnit.SECONDS));
        latch.countDown();
        another.getCountDownLatch("latch").countDown();
        assertThat(get(waiting)).isTrue();
    }

    @Test
    void aMapChangesOnlyWhereItIsAsExpected() {
        RMap<String, String> map = redisson.getMap("map");
        assertThat(map.putIfAbsent("a", "1")).isNull();
        assertThat(another.<String, String>getMap("map").putIfAbsent("a", "2")).isEqualTo("1");
        assertThat(map.replace("a", "1", "3")).isTrue();
        assertThat(map.replace("a", "1", "4")).isFalse();
        assertThat(map.fastPut("b", "2")).isTrue();
        assertThat(map.remove("b", "9")).isFalse();
        assertThat(map.readAllMap()).containsOnly(Map.entry("a", "3"), Map.entry("b", "2"));
    }

    @Test
    void anEntryOfAMapExpiresByItself() {
        RMapCache<String, String> map = redisson.getMapCache("cache");
        map.put("brief", "v", 50, TimeUnit.MILLISECONDS);
        map.put("long", "v", 1, TimeUnit.HOURS);
        await().atMost(PATIENCE).until(() -> !map.containsKey("brief"));
        assertThat(map.get("long")).isEqualTo("v");
        assertThat(map.remainTimeToLive("long")).isPositive();
    }

    @Test
    void messagesAndQueuesReachWhoWaits() throws Exception {
        var heard = new CopyOnWriteArrayList<String>();
        another.getTopic("news").addListener(String.class, (channel, message) -> heard.add(message));
        RBlockingQueue<String> theirs = another.getBlockingQueue("queue");
        Future<String> waiting = others.submit(() -> theirs.poll(60, TimeUnit.SECONDS));
        assertThat(redisson.getTopic("news").publish("hello")).isEqualTo(1);
        redisson.getQueue("queue").add("job");
        assertThat(get(waiting)).isEqualTo("job");
        await().atMost(PATIENCE).until(() -> heard.contains("hello"));
        assertThat(redisson.getAtomicLong("counter").addAndGet(5)).isEqualTo(5);
    }
}
