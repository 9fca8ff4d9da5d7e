package io.holdfast.engine.profile;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a column holds, before it is SQL. {@code unit} null: as it is. */
sealed interface Value {
    /** From where it was read in the profile. */
    int line();

    /** A part of the key. */
    record Part(int line, String name, @Nullable Unit unit) implements Value {}

    /**
     * A field of a hash.
     *
     * @param at the key of that hash, with columns in braces; null: the source's own
     */
    record Field(
            int line,
            String name,
            @Nullable Unit unit,
            @Nullable KeyTemplate at) implements Value {}

    /** What lies at a JSON path in the source's string, item or member, or in the string at another key. */
    record Path(
            int line,
            String path,
            @Nullable Unit unit,
            @Nullable KeyTemplate at) implements Value {}

    /**
     * What the source reads.
     *
     * @param lessSeconds what is taken off, for a time
     */
    record Own(int line, What what, @Nullable Unit unit, int lessSeconds) implements Value {}

    enum What {
        /** The string, item or member. */
        VALUE,
        SCORE,
        /** In a list, from its head on. */
        POSITION,
        KEY,
        /** Seconds until the key expires. */
        TTL,
        /** When the key expires. */
        EXPIRES
    }

    /** The score that the content of a column has in a sorted set at another key. */
    record ScoreOf(int line, String column, @Nullable Unit unit, KeyTemplate at) implements Value {}

    /** The members of a set at another key, as a JSON array in order. */
    record Members(int line, KeyTemplate at) implements Value {}

    record Constant(int line, String text) implements Value {}

    /** The first that is there. */
    record First(int line, List<Value> of) implements Value {}

    record Sum(int line, List<Value> of) implements Value {}

    /** Texts behind each other. */
    record Joined(int line, List<Value> of) implements Value {}

    /** A JSON object of what is there; nothing when nothing is. */
    record JsonObject(int line, Map<String, Value> members) implements Value {}

    /** Another column of the same row. */
    record Column(int line, String name) implements Value {}

    /** Two other columns, added or taken off; nothing where one is missing. */
    record Reckoned(int line, String left, char sign, String right) implements Value {}
}
