package io.holdfast.engine.command;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The sections of INFO, each a list of {@code name:value} lines made when asked for. Parts of the server add theirs at
 * start-up. Owned by the engine loop.
 */
public final class InfoSections {
    /** Sections that plain INFO leaves out, as Redis does. */
    private static final Set<String> ONLY_WHEN_NAMED = Set.of("commandstats", "latencystats");

    /** Takes the lines of one section. */
    public static final class Lines {
        private final StringBuilder text = new StringBuilder();

        public Lines line(String name, Object value) {
            text.append(name).append(':').append(value).append("\r\n");
            return this;
        }
    }

    private record Section(String title, Consumer<Lines> content) {}

    private final Map<String, Section> sections = new LinkedHashMap<>();

    /**
     * Adds a section behind those that are there.
     *
     * @param title as it stands behind the {@code #}; its lower case is the section's name
     */
    public void add(String title, Consumer<Lines> content) {
        sections.put(title.toLowerCase(Locale.ROOT), new Section(title, content));
    }

    /**
     * The text of the named sections (also {@code default}, {@code all}, {@code everything}); unknown names give nothing.
     * No name is {@code default}.
     */
    public String text(Collection<String> names) {
        List<String> wanted = new ArrayList<>();
        for (String name : names) {
            wanted.add(name.toLowerCase(Locale.ROOT));
        }
        boolean all = wanted.contains("all") || wanted.contains("everything");
        boolean usual = wanted.isEmpty() || wanted.contains("default");
        var text = new StringBuilder();
        sections.forEach((name, section) -> {
            if (all || wanted.contains(name) || (usual && !ONLY_WHEN_NAMED.contains(name))) {
                var lines = new Lines();
                section.content.accept(lines);
                if (text.length() > 0) {
                    text.append("\r\n");
                }
                text.append("# ").append(section.title).append("\r\n").append(lines.text);
            }
        });
        return text.toString();
    }
}
