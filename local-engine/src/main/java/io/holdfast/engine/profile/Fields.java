package io.holdfast.engine.profile;

import io.holdfast.engine.rule.NearestName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The members of one JSON object in a profile, of which every one must be known and of the kind that its name takes. */
final class Fields {
    private final String profile;
    private final String what;
    private final Json.Obj object;

    private Fields(String profile, String what, Json.Obj object) {
        this.profile = profile;
        this.what = what;
        this.object = object;
    }

    /**
     * Looks at all names of an object.
     *
     * @param what the object is, for messages: "a view"
     * @param known the names that it may have
     */
    static Fields of(String profile, String what, Json json, String... known) throws BadProfileException {
        if (!(json instanceof Json.Obj object)) {
            throw new BadProfileException(profile, json.line(), what + " is an object, {…}");
        }
        var names = new TreeSet<>(Arrays.asList(known));
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            if (!names.contains(member.getKey())) {
                throw new BadProfileException(
                        profile,
                        member.getValue().line(),
                        what + " has no '" + member.getKey() + "'; the nearest is '"
                                + NearestName.of(member.getKey(), names) + "'");
            }
        }
        return new Fields(profile, what, object);
    }

    int line() {
        return object.line();
    }

    boolean has(String name) {
        return object.members().containsKey(name);
    }

    @Nullable Json get(String name) {
        return object.members().get(name);
    }

    Json need(String name) throws BadProfileException {
        Json value = get(name);
        if (value == null) {
            throw new BadProfileException(profile, object.line(), what + " needs '" + name + "'");
        }
        return value;
    }

    String text(String name) throws BadProfileException {
        return text(name, need(name));
    }

    String text(String name, String otherwise) throws BadProfileException {
        Json value = get(name);
        return value == null ? otherwise : text(name, value);
    }

    private String text(String name, Json value) throws BadProfileException {
        if (!(value instanceof Json.Text text)) {
            throw new BadProfileException(profile, value.line(), "'" + name + "' takes a text");
        }
        return text.text();
    }

    /** A whole number that is not negative. */
    int number(String name, int otherwise) throws BadProfileException {
        Json value = get(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Json.Num num) {
            try {
                int number = num.number().intValueExact();
                if (number >= 0) {
                    return number;
                }
            } catch (ArithmeticException e) {
                throw noNumber(name, value);
            }
        }
        throw noNumber(name, value);
    }

    private BadProfileException noNumber(String name, Json value) {
        return new BadProfileException(profile, value.line(), "'" + name + "' takes a whole number");
    }

    Map<String, Json> members(String name) throws BadProfileException {
        Json value = need(name);
        if (!(value instanceof Json.Obj members) || members.members().isEmpty()) {
            throw new BadProfileException(
                    profile, value.line(), "'" + name + "' takes an object, {…}, with something in it");
        }
        return members.members();
    }

    List<Json> list(String name) throws BadProfileException {
        Json value = need(name);
        if (!(value instanceof Json.Arr items) || items.items().isEmpty()) {
            throw new BadProfileException(
                    profile, value.line(), "'" + name + "' takes a list, […], with something in it");
        }
        return items.items();
    }

    List<String> texts(String name) throws BadProfileException {
        List<String> texts = new ArrayList<>();
        for (Json item : list(name)) {
            texts.add(text(name, item));
        }
        return texts;
    }

    /** One of an enum's names, written in small letters and with hyphens. */
    <E extends Enum<E>> E oneOf(String name, Class<E> choices, E otherwise) throws BadProfileException {
        return has(name) ? oneOf(name, choices) : otherwise;
    }

    <E extends Enum<E>> E oneOf(String name, Class<E> choices) throws BadProfileException {
        String written = text(name);
        var names = new ArrayList<String>();
        for (E choice : choices.getEnumConstants()) {
            String spelled = choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (spelled.equals(written)) {
                return choice;
            }
            names.add(spelled);
        }
        throw new BadProfileException(
                profile,
                need(name).line(),
                "'" + name + "' has no '" + written + "'; the nearest is '" + NearestName.of(written, names)
                        + "', and there are " + String.join(", ", names));
    }
}
