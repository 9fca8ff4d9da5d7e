package io.holdfast.proxy.admin.cli;

import io.holdfast.proxy.config.Key;
import io.holdfast.proxy.config.Keys;
import io.holdfast.proxy.config.Sources;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The flags of the table of settings, as options of a command that they are mixed into. For one thread. */
public final class ConfigFlags {
    @Option(names = "--config", paramLabel = "FILE", description = "a JSON file with these and more settings")
    @Nullable Path config;

    private @Nullable CommandSpec command;

    /** Called by picocli. */
    @Spec(Spec.Target.MIXEE)
    void of(CommandSpec mixee) {
        command = mixee;
        for (Key<?> key : Keys.all()) {
            String flag = key.flag();
            if (flag != null) {
                mixee.addOption(option(flag, key.label(), description(key)));
            }
        }
    }

    private static OptionSpec option(String flag, String label, String description) {
        OptionSpec.Builder option = OptionSpec.builder(flag).description(description);
        return label.isEmpty()
                ? option.type(boolean.class).arity("0").build()
                : option.type(String.class).arity("1").paramLabel(label).build();
    }

    private static String description(Key<?> key) {
        String says = key.says().substring(0, key.says().length() - 1);
        return says + (key.written().isEmpty() || key.label().isEmpty() ? "" : " (default: " + key.written() + ")");
    }

    /** What this command line says, with that environment. */
    public Sources sources(Map<String, String> environment) {
        CommandSpec spec = command;
        if (spec == null) {
            throw new IllegalStateException("mixed into no command");
        }
        ParseResult parsed = spec.commandLine().getParseResult();
        Map<String, String> flags = new LinkedHashMap<>();
        for (Key<?> key : Keys.all()) {
            String flag = key.flag();
            if (flag != null && parsed.hasMatchedOption(flag)) {
                flags.put(flag, String.valueOf((Object) parsed.matchedOptionValue(flag, "")));
            }
        }
        return new Sources(flags, environment, config);
    }
}
