package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultyFilesTest {
    private final FaultyFiles files = new FaultyFiles();
    private Path directory;

    @BeforeEach
    void begin(@TempDir Path temporary) {
        directory = temporary;
    }

    @Test
    void aPowerLossTakesWhatNobodySynced() throws IOException {
        Path path = directory.resolve("a");
        SegmentFile file = files.create(path);
        file.writeWhole(bytes("kept"), 0);
        file.sync();
        files.syncDirectory(directory);
        file.writeWhole(bytes("lost"), 4);

        files.losePower();

        assertThat(path).hasContent("kept");
    }

    @Test
    void aPowerLossTakesWhatWasWrittenOverAndNotSynced() throws IOException {
        Path path = directory.resolve("a");
        SegmentFile file = files.create(path);
        file.writeWhole(bytes("....."), 0);
        file.writeWhole(bytes("ab"), 0);
        file.sync();
        files.syncDirectory(directory);
        file.writeWhole(bytes("cd"), 1);
        file.writeWhole(bytes("e"), 2);

        files.losePower();

        assertThat(path).hasContent("ab...");
    }

    @Test
    void aPowerLossTakesAFileWhoseNameNobodySynced() throws IOException {
        Path path = directory.resolve("a");
        files.create(path).sync();

        files.losePower();

        assertThat(path).doesNotExist();
    }

    @Test
    void theChosenWriteTakesItsBytesAndFails() throws IOException {
        Path path = directory.resolve("a");
        SegmentFile file = files.create(path);
        files.failWrite(2, 1);
        file.writeWhole(bytes("ab"), 0);

        assertThatThrownBy(() -> file.writeWhole(bytes("cd"), 2)).hasMessage("No space left on device");
        assertThat(path).hasContent("abc");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(Bytes.of(text).array());
    }
}
