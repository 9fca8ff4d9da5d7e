package io.holdfast.bench;

import io.holdfast.proxy.config.ConfigDocuments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The documents that are made from the table of settings: {@code bench/run ConfigList docs} writes the example, the schema
 * and, between two comments, the table of the operators' document anew.
 */
public final class ConfigList {
    static final String EXAMPLE = "holdfast.example.json";
    static final String SCHEMA = "holdfast.schema.json";
    static final String OPERATIONS = "operations.md";
    private static final String BEGIN = "<!-- settings: made by bench/run ConfigList docs -->";
    private static final String END = "<!-- /settings -->";

    private ConfigList() {}

    /** @param args the directory of the documents */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            System.err.println("usage: bench/run ConfigList DIRECTORY");
            System.exit(1);
        }
        Path documents = Path.of(args[0]);
        Files.writeString(documents.resolve(EXAMPLE), ConfigDocuments.example());
        Files.writeString(documents.resolve(SCHEMA), ConfigDocuments.schema());
        Path operations = documents.resolve(OPERATIONS);
        Files.writeString(operations, rewritten(Files.readString(operations)));
    }

    /** @throws IllegalStateException when {@code document} lacks the two comments */
    static String rewritten(String document) {
        return CommandList.between(document, BEGIN, END, ConfigDocuments.table());
    }
}
