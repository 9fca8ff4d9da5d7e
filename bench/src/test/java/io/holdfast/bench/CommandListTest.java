package io.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class CommandListTest {
    @Test
    void theReadmeListsTheCommandsThatThereAre() throws IOException {
        String readme = Files.readString(Path.of("..", "README.md"));

        assertThat(readme)
                .as("the README's list is out of date: bench/run CommandList README.md writes it anew")
                .isEqualTo(CommandList.rewritten(readme));
    }

    @Test
    void whatStandsAroundTheListIsKept() {
        String document = "before\n" + CommandList.BEGIN + "\nold\n" + CommandList.END + "\nafter\n";

        assertThat(CommandList.rewritten(document))
                .startsWith("before\n" + CommandList.BEGIN + "\n| group | commands |\n")
                .doesNotContain("old")
                .endsWith("|\n" + CommandList.END + "\nafter\n");
    }

    @Test
    void containersNameTheirSubcommands() {
        assertThat(CommandList.markdown())
                .contains("| hash | `HDEL` · ")
                .contains(
                        "`HOLDFAST` (cleanup, config, conflicts, deadletters, help, journal, mirror, offline, online, sql, status, sync)");
    }
}
