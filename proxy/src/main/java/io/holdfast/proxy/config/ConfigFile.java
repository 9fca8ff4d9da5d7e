package io.holdfast.proxy.config;

import io.holdfast.engine.profile.BadProfileException;
import io.holdfast.engine.profile.Json;
import io.holdfast.engine.rule.NearestName;
import io.holdfast.proxy.config.Written.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON file of settings in sections, each value with its line. A key that nobody knows is a mistake that names the nearest
 * one. For one thread.
 */
final class ConfigFile {
    /** What an editor finds the schema by. */
    private static final String SCHEMA = "$schema";

    private final String name;
    private final List<String> mistakes;
    private final Map<String, Written> values = new LinkedHashMap<>();

    private ConfigFile(String name, List<String> mistakes) {
        this.name = name;
        this.mistakes = mistakes;
    }

    /** Its values, by their paths; what is wrong is added to {@code mistakes}. */
    static Map<String, Written> read(Path path, List<String> mistakes) {
        var file = new ConfigFile(path.toString(), mistakes);
        try {
            file.sections(Json.parse(file.name, Files.readString(path, StandardCharsets.UTF_8)));
        } catch (BadProfileException e) {
            mistakes.add(file.at(e.line()) + e.mistake());
        } catch (IOException e) {
            mistakes.add("cannot read the configuration file " + path + ": " + reason(e));
        }
        return file.values;
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException
                ? "there is no such file"
                : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
    }

    private String at(int line) {
        return line == 0 ? name + ": " : name + ":" + line + ": ";
    }

    private void sections(Json root) {
        if (!(root instanceof Json.Obj all)) {
            mistakes.add(at(root.line()) + "must hold one JSON object with sections");
            return;
        }
        all.members().forEach((section, content) -> {
            if (section.equals(SCHEMA)) {
                return;
            }
            if (!known().contains(section)) {
                mistakes.add(at(content.line()) + "unknown section '" + section + "'; the nearest is '"
                        + NearestName.of(section, known()) + "'");
            } else if (content instanceof Json.Obj members) {
                members.members().forEach((key, value) -> value(section + "." + key, value));
            } else {
                mistakes.add(
                        at(content.line()) + "'" + section + "' must be a section, as in {\"" + section + "\": {…}}");
            }
        });
    }

    private static Set<String> known() {
        Set<String> sections = new LinkedHashSet<>();
        Keys.all().forEach(key -> sections.add(key.section()));
        return sections;
    }

    private void value(String path, Json value) {
        boolean isSetting = path.startsWith(Keys.SETTINGS + ".");
        Key<?> key = Keys.find(path);
        if (key == null && !isSetting) {
            mistakes.add(at(value.line()) + "unknown key '" + path + "'; the nearest is '" + Keys.nearest(path) + "'");
            return;
        }
        boolean isList = key != null && key.kind().accepts(Shape.LIST);
        Written written = written(value, isList);
        if (written == null) {
            mistakes.add(at(value.line()) + path + " takes " + (isList ? "a list of texts" : "one value") + ", not "
                    + (value instanceof Json.Obj ? "a section" : value instanceof Json.Arr ? "a list" : "that"));
            return;
        }
        values.put(isSetting ? path.toLowerCase(Locale.ROOT) : path, written);
    }

    private @Nullable Written written(Json value, boolean isList) {
        Origin origin = Origin.file(name, value.line());
        if (value instanceof Json.Arr list) {
            var items = new ArrayList<String>();
            for (Json item : list.items()) {
                if (!(item instanceof Json.Text text)) {
                    return null;
                }
                items.add(text.text());
            }
            return isList ? Written.list(items, origin) : null;
        } else if (isList) {
            return null;
        } else if (value instanceof Json.Text text) {
            return new Written(Shape.TEXT, text.text(), List.of(), origin);
        } else if (value instanceof Json.Num number) {
            return new Written(Shape.NUMBER, number.number().toPlainString(), List.of(), origin);
        } else if (value instanceof Json.Word word && word.truth() != null) {
            return new Written(Shape.TRUTH, String.valueOf(word.truth()), List.of(), origin);
        }
        return null;
    }
}
