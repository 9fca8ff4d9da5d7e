package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However the upstream's replies are cut on the way, each is handed on whole and in its turn: U9 of the contract. */
class CutRepliesTest {
    private static final int REQUESTS = 400;
    private static final int BULK_BYTES_MAX = 3_000;
    /** More than one read takes. */
    private static final int BIG_BYTES = 700_000;

    @ParameterizedTest
    @CsvSource({"3, RESP2", "255, RESP3", "256, RESP2", "257, RESP3", "1000, RESP2", "4099, RESP3", "70001, RESP2"})
    void repliesOfAllSizesComeWholeAndInOrder(int sliceBytes, RespVersion version, @TempDir Path dataDir)
            throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            RespClient direct = rig.direct();
            client.speak(version);
            direct.speak(version);
            for (int i = 0; i < 120; i++) {
                direct.call("RPUSH", "list", "element-" + i);
                direct.call("HSET", "hash", "field-" + i, "x".repeat(i));
            }
            rig.cable.slice(sliceBytes);

            List<String[]> requests = requests(new Random(sliceBytes));
            requests.forEach(client::send);
            for (String[] request : requests) {
                direct.send(request);
                assertThat(client.readRaw()).isEqualTo(direct.readRaw());
            }
        }
    }

    private static List<String[]> requests(Random random) {
        List<String[]> requests = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            requests.add(
                    switch (random.nextInt(5)) {
                        case 0 -> new String[] {"LRANGE", "list", "0", Integer.toString(random.nextInt(120))};
                        case 1 -> new String[] {"HGETALL", "hash"};
                        case 2 -> new String[] {"ECHO", "y".repeat(random.nextInt(12))};
                        case 3 -> new String[] {"NOSUCH", Integer.toString(i)};
                        default -> new String[] {"ECHO", i + "z".repeat(random.nextInt(BULK_BYTES_MAX))};
                    });
        }
        requests.add(REQUESTS / 2, new String[] {"ECHO", "big".repeat(BIG_BYTES / 3)});
        return requests;
    }
}
