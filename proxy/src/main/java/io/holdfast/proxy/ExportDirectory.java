package io.holdfast.proxy;

import io.holdfast.proxy.files.OwnDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Files below the data directory that say what the tables said: each is replaced whole, by a rename, and those that nothing
 * stands behind any more are removed. Only files that it has written itself are: their names are in the file
 * {@code exported}, which is written before they are. On one thread.
 */
final class ExportDirectory {
    /** The list of what was written, a path a line. */
    static final String LIST = "exported";

    private static final String NEW = ".new";

    private final Path root;
    private final Set<String> listed;
    /** What is in each file, as far as this process has written it. */
    private final Map<String, String> contents = new HashMap<>();

    /** @throws IOException when the list of an earlier run cannot be read */
    ExportDirectory(Path root) throws IOException {
        this.root = root;
        Path list = root.resolve(LIST);
        listed = Files.exists(list) ? new LinkedHashSet<>(Files.readAllLines(list)) : new LinkedHashSet<>();
        listed.removeIf(
                line -> line.isEmpty() || !root.resolve(line).normalize().startsWith(root));
    }

    /**
     * Lets the files be these and no others.
     *
     * @param wanted contents by path below the root, with slashes
     * @return how many files were written or removed
     */
    int become(Map<String, String> wanted) throws IOException {
        var all = new LinkedHashSet<>(listed);
        all.addAll(wanted.keySet());
        if (!all.equals(listed)) {
            list(all); // before there is a file that is not in it
        }
        int changed = 0;
        for (Map.Entry<String, String> file : wanted.entrySet()) {
            if (!file.getValue().equals(contents.get(file.getKey()))) {
                write(file.getKey(), file.getValue());
                contents.put(file.getKey(), file.getValue());
                changed++;
            }
        }
        for (String path : all) {
            if (!wanted.containsKey(path)) {
                Files.deleteIfExists(root.resolve(path));
                contents.remove(path);
                changed++;
            }
        }
        if (wanted.isEmpty()) {
            Files.deleteIfExists(root.resolve(LIST));
            listed.clear();
        } else if (!wanted.keySet().equals(listed)) {
            list(wanted.keySet());
        }
        return changed;
    }

    private void list(Set<String> paths) throws IOException {
        write(LIST, String.join("\n", paths) + "\n");
        listed.clear();
        listed.addAll(paths);
    }

    private void write(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Path directory = file.resolveSibling("");
        if (!directory.equals(root.resolve(""))) {
            OwnDirectory.make(root, directory);
        }
        Path fresh = file.resolveSibling(file.getFileName() + NEW);
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, OwnDirectory.OWNER_FILE);
        Files.write(fresh, content.getBytes(StandardCharsets.UTF_8));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
