package io.holdfast.proxy.outage;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * How to run Holdfast in a JVM of its own that starts quickly: the first compiler only, and, as the launcher has them, an
 * archive of its classes and its native libraries unpacked. Immutable.
 */
record HoldfastProgram(List<String> jvm) {
    private static final int PREPARE_SECONDS_MAX = 120;
    private static final int NATIVE_ACCESS_SINCE = 24;

    /** Made once for all tests of this JVM: it takes as long as ten starts. */
    private static final class Prepared {
        private static final HoldfastProgram PROGRAM = prepare();
    }

    /** The usual one. What it has on disk goes with this JVM. */
    static HoldfastProgram get() {
        return Prepared.PROGRAM;
    }

    private static HoldfastProgram prepare() {
        try {
            Path directory = Files.createTempDirectory("holdfast-program");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteAll(directory), "delete holdfast's program"));
            return prepare(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HoldfastProgram prepare(Path directory) throws IOException {
        Path libraries = directory.resolve("native");
        List<String> jvm = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-Xlog:disable",
                "-Dio.netty.leakDetection.level=disabled",
                "-Dio.netty.jfr.enabled=false",
                "-Dorg.sqlite.lib.path=" + libraries,
                "-Djava.library.path=" + libraries));
        if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE) {
            // As the launcher and the jar's manifest say: without, these JVMs print warnings.
            jvm.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        jvm.addAll(List.of("-cp", classPath(directory)));
        Path list = directory.resolve("classes.list");
        Path archive = directory.resolve("classes.jsa");
        // The heap's part of an archive is written by G1 alone, and read by all.
        if (ran(
                        jvm,
                        directory,
                        "-Xshare:off",
                        "-XX:DumpLoadedClassList=" + list,
                        "io.holdfast.proxy.WarmUp",
                        libraries.toString())
                && ran(
                        jvm,
                        directory,
                        "-XX:+UseG1GC",
                        "-Xshare:dump",
                        "-XX:SharedClassListFile=" + list,
                        "-XX:SharedArchiveFile=" + archive)) {
            jvm.add("-XX:SharedArchiveFile=" + archive);
        }
        jvm.add("-XX:+UseSerialGC");
        return new HoldfastProgram(List.copyOf(jvm));
    }

    /** Without it, starts are slower and nothing else. */
    private static boolean ran(List<String> jvm, Path directory, String... more) throws IOException {
        List<String> command = new ArrayList<>(jvm);
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("warm-up.log").toFile())
                .start();
        try {
            return process.waitFor(PREPARE_SECONDS_MAX, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the class archive is made", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void deleteAll(Path root) {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
