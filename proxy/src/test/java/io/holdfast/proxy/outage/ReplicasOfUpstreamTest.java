package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WAIT, online: it counts the upstream's replicas that have the client's writes, and keeps nobody else. */
class ReplicasOfUpstreamTest {
    private static final String UNBLOCKED =
            "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

    private final Rig rig;

    ReplicasOfUpstreamTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private void awaitUpstream(String section, String part) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> rig.redis.cli("INFO", section).contains(part));
    }

    private RespClient waiting() {
        RespClient client = rig.client();
        client.call("SET", "k", "v");
        client.send("WAIT", "1", "0");
        awaitUpstream("clients", "blocked_clients:1\r\n");
        return client;
    }

    @Test
    void whoWaitsKeepsNobodyElse() {
        RespClient other = rig.client();
        String epoch = Rig.epoch(other);
        RespClient client = waiting();

        assertThat(call(other, "INCR", "n")).isEqualTo("1");
        assertThat(Rig.epoch(other)).isEqualTo(epoch);

        RealRedis replica = replica();
        assertThat(text(client.read())).isEqualTo("1");
        replica.close();
    }

    @Test
    void anOutageEndsTheWaiting() {
        RespClient client = waiting();

        rig.goOffline();

        assertThat(text(client.read())).isEqualTo(UNBLOCKED);
        assertThat(call(client, "WAIT", "1", "0")).isEqualTo("0");
    }

    @Test
    void inATransactionItDoesNotWait() {
        RespClient client = rig.client();
        client.call("MULTI");
        client.call("SET", "k", "v");
        client.call("WAIT", "1", "0");

        assertThat(call(client, "EXEC")).isEqualTo("[OK, 0]");
    }

    @Test
    void aReplicaThatLacksTheClientsWritesIsNotCounted() {
        RealRedis replica = replica();
        RespClient client = rig.client();
        client.call("SET", "k", "1");
        assertThat(call(client, "WAIT", "1", "0"))
                .isEqualTo("1"); // so that it has a link of its own, older than the next write

        replica.freeze();
        client.call("SET", "k", "2");
        assertThat(call(client, "WAIT", "1", "1")).isEqualTo("0");

        replica.thaw();
        assertThat(call(client, "WAIT", "1", "0")).isEqualTo("1");
        replica.close();
    }

    private RealRedis replica() {
        RealRedis replica = RealRedis.start("--replicaof", "127.0.0.1", Integer.toString(rig.redis.port()));
        awaitUpstream("replication", "state=online");
        return replica;
    }
}
