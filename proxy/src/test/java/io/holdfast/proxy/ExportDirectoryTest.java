package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that stand for rows come and go with them, and nobody else's are touched. */
class ExportDirectoryTest {
    private final Path root;

    ExportDirectoryTest(@TempDir Path root) {
        this.root = root;
    }

    @Test
    void filesAreWhatIsWantedAndTheirOwnersAlone() throws IOException {
        var files = new ExportDirectory(root);
        assertThat(files.become(Map.of("a/b/one.json", "1\n", "a/two.json", "2\n")))
                .isEqualTo(2);
        assertThat(root.resolve("a/b/one.json")).hasContent("1");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("a/b/one.json"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("a/b"))))
                .isEqualTo("rwx------");

        assertThat(files.become(Map.of("a/two.json", "2\n"))).isEqualTo(1);
        assertThat(root.resolve("a/b/one.json")).doesNotExist();
        assertThat(files.become(Map.of("a/two.json", "2\n"))).isZero();
        assertThat(files.become(Map.of("a/two.json", "3\n"))).isEqualTo(1);
        assertThat(root.resolve("a/two.json")).hasContent("3");
        assertThat(root.resolve("a").toFile().list()).containsExactlyInAnyOrder("b", "two.json");
    }

    @Test
    void whatAnEarlierRunHasLeftIsRemovedAndWhatSomebodyElseHasWrittenIsNot() throws IOException {
        new ExportDirectory(root).become(Map.of("a/old.json", "1\n"));
        Files.writeString(root.resolve("a/theirs.json"), "theirs");

        new ExportDirectory(root).become(Map.of("a/new.json", "2\n"));

        assertThat(root.resolve("a").toFile().list()).containsExactlyInAnyOrder("theirs.json", "new.json");
        assertThat(Files.readAllLines(root.resolve("exported"))).isEqualTo(List.of("a/new.json"));
    }

    @Test
    void aListThatLeadsElsewhereIsNotFollowed(@TempDir Path elsewhere) throws IOException {
        Path theirs = Files.writeString(elsewhere.resolve("theirs"), "theirs");
        Files.writeString(root.resolve("exported"), "../" + elsewhere.getFileName() + "/theirs\n" + theirs + "\n");

        new ExportDirectory(root).become(Map.of());

        assertThat(theirs).exists();
        assertThat(root.resolve("exported")).doesNotExist();
    }

    @Test
    void aLinkIsNotFollowed(@TempDir Path elsewhere) throws IOException {
        Files.createSymbolicLink(root.resolve("a"), elsewhere);

        assertThatThrownBy(() -> new ExportDirectory(root).become(Map.of("a/one.json", "1\n")))
                .isInstanceOf(IOException.class)
                .hasMessage(root.resolve("a") + " is a symbolic link, which is not followed");

        assertThat(elsewhere).isEmptyDirectory();
    }
}
