package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.config.Key;
import io.holdfast.proxy.config.Keys;
import io.holdfast.proxy.user.Scene.Mode;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.Transcript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documents name exists, and what exists is named there. */
class DocumentsTest {
    private static final Pattern IN_CODE = Pattern.compile("`([^`]+)`");

    @Test
    void everyFieldOfInfoStandsInTheOperatorsTable(@TempDir Path directory) throws Exception {
        Set<String> fields;
        try (Scene scene = Scene.of(Mode.STANDALONE, directory);
                RespClient client = RespClient.connect(scene.port())) {
            fields = Transcript.lines(client.raw("INFO", "holdfast")).stream()
                    .filter(line -> line.matches("[a-z_]+:.*"))
                    .map(line -> line.substring(0, line.indexOf(':')))
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        assertThat(firstColumn("../docs/operations.md", "| field | meaning |")).isEqualTo(fields);
    }

    @Test
    void theOptionsOfTheReadmeAreThoseOfTheHelp() throws Exception {
        Set<String> options = Keys.all().stream()
                .map(Key::flag)
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new));
        options.add("--config");

        Set<String> named = firstColumn("../README.md", "| option | meaning |").stream()
                .map(option -> option.replaceAll(" .*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).isEqualTo(options).isNotEmpty();
    }

    /** What stands in code style in the first column of the table with this head. */
    private static Set<String> firstColumn(String document, String head) throws IOException {
        String text = Files.readString(Path.of(document));
        int from = text.indexOf(head);
        assertThat(from).describedAs("%s has no table %s", document, head).isNotNegative();
        String table = text.substring(from, text.indexOf("\n\n", from));
        return table.lines()
                .skip(2)
                .map(row -> row.substring(1, row.indexOf('|', 1)))
                .flatMap(cell -> IN_CODE.matcher(cell).results().map(DocumentsTest::code))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String code(MatchResult found) {
        return found.group(1);
    }
}
