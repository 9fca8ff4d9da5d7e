package io.holdfast.engine.profile;

import io.holdfast.engine.rule.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds profiles: those that come with Holdfast by their names, others by their files. Stateless. */
public final class Profiles {
    /** Come with Holdfast. */
    public static final List<String> SHIPPED = List.of("agent-observability", "web-shop");

    /** What storage.db has of its own, and how SQLite and we name what belongs to us. */
    private static final Set<String> TAKEN = new TreeSet<>(Set.of(
            "keyspace",
            "string_value",
            "hash_field",
            "set_member",
            "sorted_set_member",
            "list_item",
            "meta",
            "row_sum",
            "function_library",
            "strings",
            "hashes",
            "sets",
            "sorted_sets",
            "lists",
            "streams",
            "pending_entries"));

    private static final Set<String> TAKEN_BEGINNINGS = Set.of("sqlite_", "stream_", "profile_");

    private Profiles() {}

    /**
     * Reads profiles, each a shipped one's name or a file.
     *
     * @throws BadProfileException when one has a mistake or cannot be read, or when two make views of one name
     */
    public static List<Profile> load(List<String> names) throws BadProfileException {
        List<Profile> profiles = new ArrayList<>();
        Map<String, String> views = new HashMap<>();
        Map<String, String> logs = new HashMap<>();
        for (String name : names) {
            Profile profile = ProfileParser.parse(name, text(name));
            for (Profile.View view : profile.views()) {
                claim(views, name, view.name(), view.line());
            }
            if (profile.queue() != null) {
                claim(views, name, profile.queue(), 0);
            }
            for (KeyLog log : profile.logs()) {
                String other = logs.put(log.name(), name);
                if (other != null) {
                    throw new BadProfileException(
                            name, log.line(), "the profile " + other + " has a log " + log.name() + " already");
                }
            }
            profiles.add(profile);
        }
        return profiles;
    }

    private static void claim(Map<String, String> views, String profile, String view, int line)
            throws BadProfileException {
        if (TAKEN.contains(view) || TAKEN_BEGINNINGS.stream().anyMatch(view::startsWith)) {
            throw new BadProfileException(profile, line, "storage.db has something of its own of the name " + view);
        }
        String other = views.put(view, profile);
        if (other != null) {
            throw new BadProfileException(profile, line, "the profile " + other + " has a view " + view + " already");
        }
    }

    private static String text(String name) throws BadProfileException {
        try {
            if (SHIPPED.contains(name)) {
                return shipped(name);
            }
            return Files.readString(Path.of(name));
        } catch (NoSuchFileException e) {
            throw new BadProfileException(
                    name,
                    0,
                    "there is no such file, and of the profiles that come with Holdfast the nearest is '"
                            + NearestName.of(name, SHIPPED) + "'");
        } catch (IOException e) {
            throw new BadProfileException(name, 0, "it cannot be read: " + e.getMessage());
        }
    }

    private static String shipped(String name) throws IOException {
        try (InputStream in = Profiles.class.getResourceAsStream(name + ".json")) {
            if (in == null) {
                throw new IOException("it is not in this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
