package io.holdfast.proxy.admin;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import io.holdfast.proxy.StartupException;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The settings that CONFIG REWRITE keeps over a restart, with the users where no ACL file has them: a file of
 * redis.conf's form in the data directory, latin-1 chars are bytes. Used on the engine loop.
 */
public final class SettingsFile {
    public static final String NAME = "settings.conf";
    private static final String USER = "user ";

    private final Path path;
    private final SecretFile file;

    public SettingsFile(Path dataDir) {
        path = dataDir.resolve(NAME);
        file = new SecretFile(path);
    }

    /** Writes what was changed since the start, and what was kept from before, of the settings that are {@code wanted}. */
    public void write(LocalEngine engine, Predicate<String> wanted) {
        List<String> lines = new ArrayList<>();
        engine.settings().changed().forEach((name, value) -> {
            if (wanted.test(name) && (!value.isEmpty() || !name.equals("requirepass"))) {
                lines.add(name + " " + quoted(value));
            }
        });
        lines.sort(null);
        if (engine.acl().file() == null) {
            lines.addAll(engine.acl().lines(engine.config().version()));
        }
        try {
            file.write(lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String quoted(String value) {
        return "\"" + Bytes.of(value).latin1().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /**
     * Applies the file, if there is one.
     *
     * @throws StartupException that names the line which is refused
     */
    public void load(LocalEngine engine) throws StartupException {
        if (!Files.exists(path)) {
            return;
        }
        List<String> users = new ArrayList<>();
        try {
            for (String line : file.read()) {
                if (line.startsWith(USER)) {
                    users.add(line);
                } else if (!line.isBlank()) {
                    apply(engine.settings(), line);
                }
            }
            if (!users.isEmpty()) {
                engine.acl().load(path.toString(), users);
            }
        } catch (IOException | RedisError e) {
            throw unusable(e);
        }
    }

    /**
     * An amount of memory that has to be known before there is an engine to apply the file to.
     *
     * @param otherwise where the file, if there is one, does not have it
     * @throws StartupException when it is no such amount
     */
    public long bytes(String setting, long otherwise) throws StartupException {
        String start = setting + " ";
        try {
            for (String line : Files.exists(path) ? file.read() : List.<String>of()) {
                if (line.startsWith(start)) {
                    return Setting.parseBytes(unquoted(line.substring(start.length())));
                }
            }
            return otherwise;
        } catch (IOException e) {
            throw unusable(e);
        } catch (IllegalArgumentException e) {
            throw refused(setting, e);
        }
    }

    private void apply(Settings settings, String line) throws StartupException {
        int blank = line.indexOf(' ');
        Setting setting = blank < 0 ? null : settings.find(line.substring(0, blank));
        if (setting == null) {
            throw new StartupException(path + " names no setting in the line " + line);
        }
        try {
            settings.set(setting, unquoted(line.substring(blank + 1)));
        } catch (IllegalArgumentException e) {
            throw refused(setting.name(), e);
        }
    }

    private StartupException unusable(Exception why) {
        return new StartupException(path + " cannot be used: " + why.getMessage(), why);
    }

    private StartupException refused(String setting, IllegalArgumentException why) {
        return new StartupException(path + ": " + setting + ": " + why.getMessage(), why);
    }

    private static String unquoted(String text) {
        String inside = text.startsWith("\"") && text.length() > 1 ? text.substring(1, text.length() - 1) : text;
        return Bytes.ofLatin1(inside.replace("\\\"", "\"").replace("\\\\", "\\"))
                .utf8();
    }
}
