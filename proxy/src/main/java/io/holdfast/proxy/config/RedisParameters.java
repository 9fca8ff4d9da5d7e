package io.holdfast.proxy.config;

import io.holdfast.engine.config.EncodingSettings;
import io.holdfast.engine.config.LiveLimits;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.rule.NearestName;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The parameters of redis.conf as the engine knows them, to check names and values where no engine runs. For one thread. */
public final class RedisParameters {
    private final Settings settings = new Settings();

    public RedisParameters() {
        EncodingSettings.addTo(settings, new LiveLimits(RedisVersion.STANDALONE));
    }

    /** What is wrong with {@code name}; empty: nothing. */
    Optional<String> mistakeInName(String name) {
        Optional<Key<?>> ours = Keys.all().stream()
                .filter(key -> !key.section().equals(Keys.SETTINGS))
                .filter(key -> key.path().equals("server." + name) || name.equals(key.redis()))
                .filter(key -> key != Keys.APPENDFSYNC)
                .findFirst();
        if (ours.isPresent()) {
            return Optional.of("is " + ours.get().path() + " here");
        }
        Setting setting = settings.find(name);
        if (setting == null) {
            return Optional.of("is no parameter of redis.conf; the nearest is '" + nearest(name) + "'");
        }
        return setting.write() == null ? Optional.of("is not chosen here") : Optional.empty();
    }

    private String nearest(String name) {
        return NearestName.of(name, settings.all().stream().map(Setting::name).collect(Collectors.toList()));
    }

    /** What is wrong with {@code value} for {@code name}, in Redis's words; empty: nothing. */
    Optional<String> mistakeInValue(String name, String value) {
        Setting setting = settings.find(name);
        if (setting == null) {
            return Optional.of("is no parameter of redis.conf");
        }
        try {
            settings.choose(setting, value);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** As redis.conf calls it today, if it knows it. */
    public String canonical(String name) {
        Setting setting = settings.find(name);
        return setting == null ? name.toLowerCase(Locale.ROOT) : setting.name();
    }

    /** The one whose name the environment spells {@code upper}; empty: there is none. */
    Optional<String> spelled(String upper) {
        return settings.all().stream()
                .map(Setting::name)
                .filter(name -> inEnvironment(name).equals(upper))
                .findFirst();
    }

    static String inEnvironment(String name) {
        return name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** {@code value} as CONFIG GET would give it back. @throws IllegalArgumentException when it is refused */
    public String normal(String name, String value) {
        Setting setting = settings.find(name);
        if (setting == null) {
            throw new IllegalArgumentException(name + " is no parameter of redis.conf");
        }
        settings.choose(setting, value);
        return setting.read().get();
    }

    /** What it is where nobody says it. */
    public static String standard(String name) {
        return new RedisParameters().settings.value(name);
    }

    /** Whether nobody may see its value. */
    public static boolean isSecret(String name) {
        return name.endsWith("-pass") || name.endsWith("masterauth") || name.endsWith("requirepass");
    }
}
