package io.holdfast.proxy.admin.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Answers for a person, as aligned tables, or for a machine, as JSON. For one thread. */
final class Printed {
    /** These fields are Unix milliseconds; a person reads them as UTC. */
    private static final Set<String> TIMES =
            Set.of("time", "last_sync_ms", "decided", "upstream_touched", "since", "heard", "as_of");

    private static final int CELL_MAX = 60;

    private final PrintWriter out;
    private final boolean json;

    Printed(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    /** Rows that are maps with the same names; {@code columns} are those that a person is shown. */
    void rows(Reply reply, String... columns) {
        if (json) {
            json(reply);
            return;
        }
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of(columns));
        for (Reply item : ((Reply.Array) reply).items()) {
            Map<String, @Nullable Object> row = map(item);
            List<String> cells = new ArrayList<>();
            for (String column : columns) {
                cells.add(cut(cell(column, row.get(column))));
            }
            lines.add(cells);
        }
        aligned(lines);
    }

    /** A map, a line for each of its fields. */
    void fields(Reply reply) {
        if (json) {
            json(reply);
            return;
        }
        List<List<String>> lines = new ArrayList<>();
        map(reply).forEach((name, value) -> lines.add(List.of(name, cell(name, value))));
        aligned(lines);
    }

    /** A map one of whose values, that of {@code name}, is rows: these as a table, the others a line each behind it. */
    void report(Reply reply, String name, String... columns) {
        if (json) {
            json(reply);
            return;
        }
        List<Reply> keysAndValues = ((Reply.MapOf) reply).keysAndValues();
        List<Reply> others = new ArrayList<>();
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            if (name.equals(value(keysAndValues.get(i)))) {
                rows(keysAndValues.get(i + 1), columns);
            } else {
                others.addAll(keysAndValues.subList(i, i + 2));
            }
        }
        out.println();
        fields(new Reply.MapOf(others));
    }

    /** Something done; {@code said} is for a person. */
    void done(Reply reply, String said) {
        if (json) {
            json(reply);
        } else {
            out.println(said);
            out.flush();
        }
    }

    /** Replaces the line that is being shown, as on a terminal. */
    void progress(String line) {
        if (!json) {
            out.print("\r" + line + "\u001b[K");
            out.flush();
        }
    }

    /** Leaves the line that was shown as it is. */
    void endOfProgress() {
        if (!json) {
            out.println();
            out.flush();
        }
    }

    private void aligned(List<List<String>> lines) {
        int columns = lines.isEmpty() ? 0 : lines.get(0).size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (List<String> line : lines) {
            var text = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                text.append(line.get(i))
                        .append(" ".repeat(widths[i] - line.get(i).length() + 2));
            }
            out.println(text.toString().stripTrailing());
        }
        out.flush();
    }

    private static String cell(String name, @Nullable Object value) {
        if (TIMES.contains(name) && value instanceof Long ms) {
            return ms == 0 ? "never" : Instant.ofEpochMilli(ms).toString();
        } else if (value instanceof List<?> parts) {
            return parts.stream().map(part -> cell("", part)).collect(Collectors.joining(" "));
        }
        return value == null ? "-" : Objects.toString(value);
    }

    private static String cut(String cell) {
        return cell.length() <= CELL_MAX ? cell : cell.substring(0, CELL_MAX - 1) + "…";
    }

    private void json(Reply reply) {
        try {
            out.println(new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(value(reply)));
            out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plain values become JSON", e);
        }
    }

    static Map<String, @Nullable Object> map(Reply reply) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        List<Reply> fields = ((Reply.MapOf) reply).keysAndValues();
        for (int i = 0; i < fields.size(); i += 2) {
            map.put(Objects.toString(value(fields.get(i))), value(fields.get(i + 1)));
        }
        return map;
    }

    private static @Nullable Object value(Reply reply) {
        if (reply instanceof Reply.Int number) {
            return number.value();
        } else if (reply instanceof Reply.Bulk bulk) {
            return text(bulk.value());
        } else if (reply instanceof Reply.Simple simple) {
            return text(simple.text());
        } else if (reply instanceof Reply.Array array) {
            return array.items().stream().map(Printed::value).toList();
        } else if (reply instanceof Reply.MapOf) {
            return map(reply);
        }
        return null;
    }

    /** As it is where it is text, else with its other bytes escaped. */
    private static String text(Bytes bytes) {
        String text = bytes.utf8();
        boolean plain = Bytes.of(text).equals(bytes) && text.chars().noneMatch(Character::isISOControl);
        return plain ? text : bytes.toString();
    }
}
