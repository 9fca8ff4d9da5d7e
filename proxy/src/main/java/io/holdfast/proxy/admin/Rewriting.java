package io.holdfast.proxy.admin;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.config.Settings;
import io.holdfast.proxy.config.ConfigText;
import io.holdfast.proxy.config.Key;
import io.holdfast.proxy.config.Keys;
import io.holdfast.proxy.config.RedisParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What CONFIG REWRITE does where there is a configuration file: what was set goes into that file, which stays as it was
 * otherwise, and what does not belong into it, secrets and users, into {@link SettingsFile}. Used on the engine loop.
 */
public final class Rewriting implements Settings.Rewriter {
    private final Path configuration;
    private final SettingsFile kept;
    private final LocalEngine engine;

    public Rewriting(Path configuration, SettingsFile kept, LocalEngine engine) {
        this.configuration = configuration;
        this.kept = kept;
        this.engine = engine;
    }

    @Override
    public void rewrite() {
        try {
            Path file = configuration.toRealPath();
            var before = new ConfigText(Files.readString(file));
            ConfigText after = before;
            for (Map.Entry<String, String> set : new TreeMap<>(engine.settings().changed()).entrySet()) {
                if (!RedisParameters.isSecret(set.getKey())) {
                    after = with(after, set.getKey(), set.getValue());
                }
            }
            if (!after.toString().equals(before.toString())) {
                WholeFile.write(
                        file, after.toString().getBytes(StandardCharsets.UTF_8), Files.getPosixFilePermissions(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        kept.write(engine, RedisParameters::isSecret);
    }

    /** Where it stands already, under whatever name; else where the table has it, or among the parameters of redis.conf. */
    private static ConfigText with(ConfigText text, String name, String value) throws IOException {
        var parameters = new RedisParameters();
        for (String there : text.keys(Keys.SETTINGS)) {
            if (parameters.canonical(there.toLowerCase(Locale.ROOT)).equals(name)) {
                return text.with(Keys.SETTINGS, there, value);
            }
        }
        for (Key<?> key : Keys.all()) {
            if (name.equals(key.redis())) {
                return text.with(key.section(), key.name(), value);
            }
        }
        return text.with(Keys.SETTINGS, name, value);
    }
}
