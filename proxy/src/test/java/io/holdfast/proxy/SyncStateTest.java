package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The file has the fields of the observability system's design, in its order and units. */
class SyncStateTest {
    @Test
    void awayItSaysWhenItIsAskedAgain() {
        var state = new SyncState(1706789400_250L, 1706789300_999L, 40, 2, false, 1706789500_001L);
        assertThat(state.json(15))
                .isEqualTo("{\"last_sync_timestamp\":1706789400,\"last_successful_sync\":1706789300,"
                        + "\"pending_operations\":15,\"failed_operations\":2,\"redis_status\":\"offline\","
                        + "\"next_retry\":1706789501}\n");
    }

    @Test
    void whatNeverWasIsNull() {
        assertThat(new SyncState(0, 0, 0, 0, true, 0).json(0))
                .isEqualTo("{\"last_sync_timestamp\":null,\"last_successful_sync\":null,\"pending_operations\":0,"
                        + "\"failed_operations\":0,\"redis_status\":\"online\",\"next_retry\":null}\n");
    }
}
