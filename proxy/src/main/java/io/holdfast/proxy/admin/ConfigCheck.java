package io.holdfast.proxy.admin;

import io.holdfast.engine.profile.BadProfileException;
import io.holdfast.engine.profile.Profiles;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Sources;
import java.util.List;

/**
 * What can be said of a configuration without a start: a line for each thing that would keep one from using it, or that is
 * odd. Immutable.
 */
public record ConfigCheck(List<String> mistakes, List<String> warnings) {
    public static ConfigCheck of(Sources sources) {
        try {
            var options = new Options(Configuration.read(sources));
            Profiles.load(options.config().profiles());
            return new ConfigCheck(List.of(), options.warnings());
        } catch (BadConfigurationException e) {
            return new ConfigCheck(e.mistakes(), List.of());
        } catch (StartupException | BadProfileException e) {
            return new ConfigCheck(List.of(String.valueOf(e.getMessage())), List.of());
        }
    }
}
