package io.holdfast.proxy.outage;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * How to run Holdfast in a JVM of its own that starts quickly: the first compiler only, and an archive of its classes, as
 * the launcher makes one. Immutable; the archive is in the directory given.
 */
record HoldfastProgram(List<String> jvm) {
    private static final int PREPARE_SECONDS_MAX = 120;
    private static final int NATIVE_ACCESS_SINCE = 24;

    /** Makes the archive; without one, starts are slower and nothing else. */
    static HoldfastProgram prepare(Path directory) throws IOException, InterruptedException {
        List<String> jvm = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-Xlog:disable"));
        if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE) {
            // As the launcher and the jar's manifest say: without, these JVMs print warnings.
            jvm.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        jvm.addAll(List.of("-cp", classPath(directory)));
        Path archive = directory.resolve("classes.jsa");
        List<String> command = new ArrayList<>(jvm);
        command.addAll(List.of("-XX:ArchiveClassesAtExit=" + archive, "io.holdfast.proxy.WarmUp"));
        Process warmUp = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("warm-up.log").toFile())
                .start();
        try {
            if (warmUp.waitFor(PREPARE_SECONDS_MAX, TimeUnit.SECONDS) && Files.exists(archive)) {
                jvm.add("-XX:SharedArchiveFile=" + archive);
            }
        } finally {
            warmUp.destroyForcibly();
        }
        return new HoldfastProgram(List.copyOf(jvm));
    }

    /** This JVM's class path; its directories as jars, for a class archive takes nothing from directories. */
    private static String classPath(Path directory) throws IOException {
        var entries = new ArrayList<String>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (!Files.isDirectory(path)) {
                entries.add(entry);
            } else if (!path.endsWith("test-classes")) {
                Path jar = directory.resolve("classes-" + entries.size() + ".jar");
                pack(path, jar);
                entries.add(jar.toString());
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static void pack(Path root, Path jar) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(jar));
                var zip = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(root)) {
            zip.setLevel(0);
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(new ZipEntry(root.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, zip);
            }
        }
    }

    /** With a heap of that size, as {@code -Xmx} takes it. */
    HoldfastProgram withHeap(String size) {
        return with("-Xmx" + size); // the last one counts
    }

    /** With one more option of the JVM. */
    HoldfastProgram with(String option) {
        var more = new ArrayList<>(jvm);
        more.add(option);
        return new HoldfastProgram(List.copyOf(more));
    }

    /** The command that runs Main with these arguments. */
    List<String> command(String... arguments) {
        var command = new ArrayList<>(jvm);
        command.add("io.holdfast.proxy.Main");
        command.addAll(List.of(arguments));
        return command;
    }
}
