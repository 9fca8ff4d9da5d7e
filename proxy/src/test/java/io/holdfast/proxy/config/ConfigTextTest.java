package io.holdfast.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Single values put into a text that somebody wrote. */
class ConfigTextTest {
    @Test
    void aValueThatIsThereIsReplacedAndNothingElse() throws IOException {
        assertThat(with("{ \"a\": {\"x\": [1, 2], \"k\":12.5 /* why */}, // end\n}", "a", "k", "13"))
                .isEqualTo("{ \"a\": {\"x\": [1, 2], \"k\":13 /* why */}, // end\n}");
        assertThat(with("{\"a\": {\"k\": \"long \\\" text\"}, \"b\": {\"k\": 1}}", "a", "k", "900 1"))
                .isEqualTo("{\"a\": {\"k\": \"900 1\"}, \"b\": {\"k\": 1}}");
        assertThat(with("{\"a\": {\"k\": 1}}", "a", "k", "a\"\\\n")).isEqualTo("{\"a\": {\"k\": \"a\\\"\\\\\\n\"}}");
    }

    @Test
    void aValueThatIsNotThereComesFirstInItsSection() throws IOException {
        assertThat(with("{\"a\": {\"x\": 1}}", "a", "k", "2")).isEqualTo("{\"a\": {\n    \"k\": 2,\"x\": 1}}");
        assertThat(with("{\"a\": { /* none */ }}", "a", "k", "2")).isEqualTo("{\"a\": {\n    \"k\": 2\n /* none */ }}");
    }

    @Test
    void aSectionThatIsNotThereComesFirst() throws IOException {
        assertThat(with("{}", "a", "k", "2")).isEqualTo("{\n  \"a\": {\n    \"k\": 2\n  }\n}");
        assertThat(with("{\"b\": {\"k\": 1}}", "a", "k", "2"))
                .isEqualTo("{\n  \"a\": {\n    \"k\": 2\n  },\"b\": {\"k\": 1}}");
    }

    @Test
    void whatIsNoConfigurationFileIsRefused() {
        assertThatThrownBy(() -> with("[]", "a", "k", "2")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> with("{\"a\": ", "a", "k", "2")).isInstanceOf(IOException.class);
    }

    private static String with(String text, String section, String key, String value) throws IOException {
        return new ConfigText(text).with(section, key, value).toString();
    }
}
