package io.holdfast.engine.profile;

import io.holdfast.engine.profile.Profile.Newest;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads what a profile says of logs, and takes nothing that it does not understand whole. Stateless. */
final class LogParser {
    /** It is a directory's. */
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,62}");

    private static final int FILE_MB = 64;
    private static final int RETENTION_DAYS = 30;
    private static final int TOTAL_MB = 500;
    private static final int DAYS_MAX = 36_500;
    private static final int MB_MAX = 1 << 20;

    private LogParser() {}

    /**
     * Reads a profile's logs.
     *
     * @param profile what messages call it
     * @throws BadProfileException at the first mistake
     */
    static List<KeyLog> logs(String profile, List<Json> items, int database) throws BadProfileException {
        List<KeyLog> logs = new ArrayList<>();
        for (Json item : items) {
            KeyLog log = log(profile, item, database);
            if (logs.stream().anyMatch(other -> other.name().equals(log.name()))) {
                throw new BadProfileException(profile, log.line(), "there are two logs of the name " + log.name());
            }
            logs.add(log);
        }
        return logs;
    }

    private static KeyLog log(String profile, Json json, int database) throws BadProfileException {
        Fields fields = Fields.of(
                profile,
                "a log",
                json,
                "name",
                "description",
                "keys",
                "read",
                "newest",
                "max_file_mb",
                "retention_days",
                "max_total_mb");
        fields.text("description", "");
        String name = fields.text("name");
        if (!NAME.matcher(name).matches()) {
            throw bad(
                    profile,
                    fields.need("name"),
                    "'" + name + "' is no name of a log: small letters, digits, '_' and '-', and a letter first");
        }
        KeyLog.Read read = fields.oneOf("read", KeyLog.Read.class);
        boolean isList = read == KeyLog.Read.LIST;
        if (!isList && fields.has("newest")) {
            throw bad(profile, fields.need("newest"), "only a list has a newest end");
        }
        // Nobody would see a wrong guess before elements are missing.
        Newest newest = isList ? newest(profile, fields) : Newest.TAIL;
        int fileMb = number(profile, fields, "max_file_mb", FILE_MB, 1, MB_MAX);
        int totalMb = number(profile, fields, "max_total_mb", Math.max(TOTAL_MB, fileMb), 0, MB_MAX);
        if (totalMb != 0 && totalMb < fileMb) {
            throw bad(
                    profile,
                    fields.has("max_total_mb") ? fields.need("max_total_mb") : fields.need("max_file_mb"),
                    "'max_total_mb' is less than one file may have ('max_file_mb', " + fileMb + ")");
        }
        return new KeyLog(
                fields.line(),
                database,
                name,
                keys(profile, fields),
                read,
                newest,
                (long) fileMb << 20,
                number(profile, fields, "retention_days", RETENTION_DAYS, 0, DAYS_MAX),
                (long) totalMb << 20);
    }

    private static Newest newest(String profile, Fields fields) throws BadProfileException {
        if (!fields.has("newest")) {
            throw new BadProfileException(
                    profile,
                    fields.line(),
                    "a log of lists needs 'newest': 'head' where LPUSH adds to them, 'tail' where RPUSH does");
        }
        return fields.oneOf("newest", Newest.class);
    }

    private static KeyPattern keys(String profile, Fields fields) throws BadProfileException {
        KeyPattern keys;
        try {
            keys = KeyPattern.parse(fields.text("keys"));
        } catch (IllegalArgumentException e) {
            throw bad(profile, fields.need("keys"), String.valueOf(e.getMessage()));
        }
        if (keys.hasNameless()) {
            throw bad(
                    profile,
                    fields.need("keys"),
                    "'" + keys + "' has a part without a name: each is a directory, so that no two keys share a file");
        }
        return keys;
    }

    private static int number(String profile, Fields fields, String name, int otherwise, int from, int upTo)
            throws BadProfileException {
        int number = fields.number(name, otherwise);
        if (number < from || number > upTo) {
            throw bad(profile, fields.need(name), "'" + name + "' goes from " + from + " to " + upTo);
        }
        return number;
    }

    private static BadProfileException bad(String profile, Json at, String mistake) {
        return new BadProfileException(profile, at.line(), mistake);
    }
}
