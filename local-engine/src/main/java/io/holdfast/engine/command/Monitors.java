package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows every command of every client to those who sent MONITOR, wherever it is answered; commands of administration and
 * secrets are not shown. Owned by the engine loop.
 */
public final class Monitors {
    private final Set<Session> sessions = new LinkedHashSet<>();

    public void add(Session session) {
        sessions.add(session);
        session.monitor(true);
    }

    public void remove(Session session) {
        sessions.remove(session);
        session.monitor(false);
    }

    /** False when nobody looks: nothing need be prepared then. */
    public boolean areThere() {
        return !sessions.isEmpty();
    }

    /** @param spec null when only the upstream knows the command */
    public void show(Session session, @Nullable CommandSpec spec, Bytes[] args, long nowMs) {
        if (sessions.isEmpty() || (spec != null && (spec.is(Flag.ADMIN) || spec.is(Flag.SKIP_MONITOR)))) {
            return;
        }
        var line = new StringBuilder(String.format(
                Locale.ROOT, "%d.%03d000 [%d %s]", nowMs / 1000, nowMs % 1000, session.db(), session.address()));
        for (Bytes arg : spec == null ? nameOnly(args) : spec.shown(args)) {
            quote(arg, line.append(' '));
        }
        Reply shown = new Reply.Simple(Bytes.of(line.toString()));
        sessions.forEach(monitor -> monitor.output().push(shown));
    }

    /** What the arguments of a command that is not known here mean, nobody can tell: there may be secrets among them. */
    private static Bytes[] nameOnly(Bytes[] args) {
        return args.length == 1 ? args : new Bytes[] {args[0], CommandSpec.REDACTED};
    }

    /** As Redis's sdscatrepr: printable ASCII in double quotes, the rest escaped. */
    private static void quote(Bytes text, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = (char) (text.at(i) & 0xff);
            switch (c) {
                case '"', '\\' -> to.append('\\').append(c);
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                case 7 -> to.append("\\a");
                case '\b' -> to.append("\\b");
                default -> {
                    if (c >= ' ' && c <= '~') {
                        to.append(c);
                    } else {
                        to.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
                    }
                }
            }
        }
        to.append('"');
    }
}
