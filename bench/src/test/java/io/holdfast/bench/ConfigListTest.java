package io.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.config.ConfigDocuments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The documents that are made from the table of settings are those of today's table: bench/run ConfigList docs. */
final class ConfigListTest {
    private static final Path DOCUMENTS = Path.of("..", "docs");

    @Test
    void theExampleIsOfThisTable() throws IOException {
        assertThat(DOCUMENTS.resolve(ConfigList.EXAMPLE)).content().isEqualTo(ConfigDocuments.example());
    }

    @Test
    void theSchemaIsOfThisTable() throws IOException {
        assertThat(DOCUMENTS.resolve(ConfigList.SCHEMA)).content().isEqualTo(ConfigDocuments.schema());
    }

    @Test
    void theOperatorsTableIsThisOne() throws IOException {
        String operations = Files.readString(DOCUMENTS.resolve(ConfigList.OPERATIONS));

        assertThat(operations).isEqualTo(ConfigList.rewritten(operations));
    }
}
