package io.holdfast.proxy.user;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * The launcher in a directory of its own, with a jar as the build makes it out of the classes under test, and a {@code mvn}
 * that notes whenever it is called. Immutable.
 */
record Installation(Path home) {
    static Installation in(Path home) throws IOException {
        var installation = new Installation(home);
        Path target = Files.createDirectories(home.resolve("proxy/target"));
        Files.copy(Path.of("../holdfast"), installation.script());
        executable(installation.script());
        Path maven = Files.createDirectories(home.resolve("bin")).resolve("mvn");
        Files.writeString(maven, "#!/bin/sh\n: >\"" + installation.mavenCalls() + "\"\nexit 1\n");
        executable(maven);
        pack(target.resolve("holdfast.jar"));
        return installation;
    }

    private static void executable(Path file) throws IOException {
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("cannot make executable: " + file);
        }
    }

    Path script() {
        return home.resolve("holdfast");
    }

    /** Is there once Maven was called. */
    Path mavenCalls() {
        return home.resolve("maven-was-called");
    }

    /** The Java that runs the tests, and our Maven before all others. */
    Map<String, String> environment() {
        return Map.of(
                "JAVA_HOME",
                System.getProperty("java.home"),
                "PATH",
                home.resolve("bin") + File.pathSeparator + System.getenv("PATH"),
                "HOLDFAST_JAVA_OPTS",
                "-XX:TieredStopAtLevel=1 -Xmx256m");
    }

    ProcessBuilder builder(Path script, String... arguments) {
        var command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(environment());
        return builder;
    }

    /** Our classes, and the others by reference. */
    private static void pack(Path jar) throws IOException {
        var others = new StringBuilder();
        var directories = new ArrayList<Path>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (!Files.isDirectory(path)) {
                others.append(path.toUri()).append(' ');
            } else if (!path.endsWith("test-classes")) {
                directories.add(path);
            }
        }
        var manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.put(Attributes.Name.MAIN_CLASS, "io.holdfast.proxy.Main");
        main.put(Attributes.Name.CLASS_PATH, others.toString().strip());
        main.put(Attributes.Name.IMPLEMENTATION_VERSION, "under-test");
        main.put(new Attributes.Name("Enable-Native-Access"), "ALL-UNNAMED");
        try (OutputStream out = Files.newOutputStream(jar);
                var zip = new JarOutputStream(out, manifest)) {
            for (Path directory : directories) {
                add(zip, directory);
            }
        }
    }

    private static void add(JarOutputStream zip, Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(new JarEntry(directory.relativize(file).toString()));
                Files.copy(file, zip);
            }
        }
    }
}
