package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.resp.Bytes;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredCommandTest {
    @Test
    void isARequest() {
        assertThat(StoredCommand.encode(List.of(Bytes.of("DEL"), Bytes.of("k"))))
                .asString()
                .isEqualTo("*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n");
    }

    @Test
    void comesBackAsItWas() throws SQLException {
        List<Bytes> command = List.of(Bytes.of("SET"), Bytes.of("a\r\nb"), Bytes.EMPTY);

        assertThat(StoredCommand.decode(StoredCommand.encode(command))).isEqualTo(command);
    }

    @Test
    void mayBeNone() throws SQLException {
        assertThat(StoredCommand.decode(StoredCommand.encode(List.of()))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*2\r\n$3\r\nDEL\r\n$9\r\nk\r\n",
                "*2\r\n$3\r\nDEL\r\n",
                "*1\r\n$3\r\nDEL\r\n$1\r\nk\r\n",
                "*2\r\n$3\r\nDEL\r\n:1\r\n",
                "*-1\r\n",
                "$3\r\nDEL\r\n",
                "DEL k\r\n"
            })
    void isReportedWhereItIsDamaged(String stored) {
        byte[] bytes = stored.getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> StoredCommand.decode(bytes))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("damaged");
    }
}
