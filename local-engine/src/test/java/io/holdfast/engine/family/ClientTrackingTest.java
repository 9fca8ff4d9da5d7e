package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.pubsub.Invalidations;
import io.holdfast.testing.EngineClient;
import org.junit.jupiter.api.Test;

/** What is remembered of who has read which keys; what clients are told stands in conversations/client_tracking.txt. */
class ClientTrackingTest {
    private static final int CLIENTS = 3_000;
    private static final int ENDED_MAX = 1_000;

    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, () -> 1);

    @Test
    void shortLivedClientsThatReadAKeyWhichDoesNotChangeAreNotKept() {
        client.call("SET", "k", "v");
        read(client);
        for (int i = 0; i < CLIENTS; i++) {
            EngineClient other = client.another();
            read(other);
            client.engine().disconnect(other.session());
        }

        assertThat(client.engine().invalidations().items()).isBetween(1, 1 + ENDED_MAX);

        client.another().call("SET", "k", "w");
        assertThat(client.hasUnread()).as("who is still there is told").isTrue();
        assertThat(client.engine().invalidations().items()).isZero();
    }

    @Test
    void keysReadersAndPrefixesAreCounted() {
        read(client);
        read(client.another());
        EngineClient hearsAll = client.another();
        hearsAll.call("HELLO", "3");
        hearsAll.call("CLIENT", "TRACKING", "ON", "BCAST");

        Invalidations counted = client.engine().invalidations();
        assertThat(counted.keys()).isEqualTo(1);
        assertThat(counted.items()).isEqualTo(2);
        assertThat(counted.prefixes()).isEqualTo(1);
    }

    private static void read(EngineClient by) {
        by.call("HELLO", "3");
        by.call("CLIENT", "TRACKING", "ON");
        by.call("GET", "k");
    }
}
