package io.holdfast.engine.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the files of rows are, and that no value leads out of their directory. */
class ExportedFileTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            my-project        | my-project
            2025-10-09-08:a b | 2025-10-09-08:a%20b
            ../../etc/passwd  | %2e.%2f.%2e%2fetc%2fpasswd
            ..                | %2e.
            .hidden           | %2ehidden
            100%              | 100%25
            a\\b              | a%5cb
            ünï               | ünï
            ''                | %
            """)
    void aValueBecomesAPartOfAName(String value, String name) {
        assertThat(SafeName.of(value)).isEqualTo(name);
    }

    @Test
    void controlCharactersAndZeroesAreWrittenOut() {
        assertThat(SafeName.of("a\n\0b")).isEqualTo("a%0a%00b");
    }

    @Test
    void longValuesStayDifferentAndShortEnough() {
        String one = SafeName.of("é".repeat(300) + "1");
        String two = SafeName.of("é".repeat(300) + "2");
        assertThat(one).isNotEqualTo(two);
        assertThat(one.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(100);
    }

    @Test
    void theNameIsMadeOfTheRowsLastColumns() throws BadProfileException {
        Profile profile = Profiles.load(List.of("agent-observability")).get(0);
        ExportedFile handoff = profile.files().get(0);
        assertThat(handoff.directory()).isEqualTo("handoffs");
        assertThat(handoff.name(List.of("my/app", "20251009_083755"))).isEqualTo("my%2fapp_20251009_083755.json");
        assertThat(profile.files().get(1).name(List.of("my/app"))).isEqualTo("latest_my%2fapp.json");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', delimiter = '|', textBlock = """
            /etc/{a}.json        | '/etc/{a}.json' is no file such as directory/{column}.json
            ../x/{a}.json        | '../x/{a}.json' is no file such as directory/{column}.json
            {a}.json             | '{a}.json' is no file such as directory/{column}.json
            x/{a}.txt            | 'x/{a}.txt' is no file such as directory/{column}.json
            x/{a/b}.json         | 'x/{a/b}.json' is no file such as directory/{column}.json
            x/{a b}.json         | '{a b}.json' is no file's name of letters, digits, '_', '.', '-' and columns in braces
            x/{a:minutes}.json   | 'minutes' is no unit that a file's name could be in
            """)
    void aPathWithAMistakeIsRefused(String path, String message) {
        assertThatThrownBy(() -> FilePattern.parse(path)).hasMessage(message);
    }
}
