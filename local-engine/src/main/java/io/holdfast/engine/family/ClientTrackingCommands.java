package io.holdfast.engine.family;

import static io.holdfast.engine.family.ClientCommands.sub;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.pubsub.Invalidations;
import io.holdfast.engine.pubsub.Tracker;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** CLIENT TRACKING and what belongs to it: a client that keeps values itself is told when they change. */
final class ClientTrackingCommands {
    private ClientTrackingCommands() {}

    static void declare(CommandTable.Builder commands, CommandSpec client) {
        sub(commands, client, "TRACKING", -3)
                .since("6.0.0")
                .costs("O(1), and some options O(N) with the number of prefixes")
                .says("Tells this connection, or another, when what it has read changes: ON or OFF.")
                .calls(ClientTrackingCommands::tracking);
        sub(commands, client, "CACHING", 3)
                .since("6.0.0")
                .says("Says whether what the next command reads is to be tracked: YES or NO.")
                .calls(ClientTrackingCommands::caching);
        sub(commands, client, "TRACKINGINFO", 2)
                .since("6.2.0")
                .says("Shows how this connection tracks.")
                .calls(ClientTrackingCommands::trackinginfo);
        sub(commands, client, "GETREDIR", 2)
                .since("6.0.0")
                .says("Gives the connection that is told instead of this one.")
                .calls(c -> Reply.of(redirect(c.session())));
    }

    /** As CLIENT GETREDIR and CLIENT LIST show it: 0 for itself, -1 when it does not track. */
    static long redirect(Session session) {
        return session.tracker().isOn() ? session.tracker().redirect() : -1;
    }

    // ---- CLIENT TRACKING

    /** What stands behind ON. */
    private static final class Options {
        long redirect;
        boolean broadcast;
        boolean optIn;
        boolean optOut;
        boolean noLoop;
        final List<Bytes> prefixes = new ArrayList<>();

        static Options parse(CommandContext c) {
            var options = new Options();
            for (int i = 3; i < c.argc(); i++) {
                boolean hasValue = i + 1 < c.argc();
                if (hasValue && c.argIs(i, "REDIRECT")) {
                    options.redirect(c, ++i);
                } else if (c.argIs(i, "BCAST")) {
                    options.broadcast = true;
                } else if (c.argIs(i, "OPTIN")) {
                    options.optIn = true;
                } else if (c.argIs(i, "OPTOUT")) {
                    options.optOut = true;
                } else if (c.argIs(i, "NOLOOP")) {
                    options.noLoop = true;
                } else if (hasValue && c.argIs(i, "PREFIX")) {
                    options.prefixes.add(c.arg(++i));
                } else {
                    throw RedisError.syntax();
                }
            }
            return options;
        }

        private void redirect(CommandContext c, int i) {
            if (redirect != 0) {
                throw RedisError.of("ERR A client can only redirect to a single other client");
            }
            redirect = c.longArg(i);
            if (c.server().session(redirect) == null) {
                throw RedisError.of("ERR The client ID you want redirect to does not exist");
            }
        }

        Tracker.Mode mode() {
            return broadcast
                    ? Tracker.Mode.BCAST
                    : optIn ? Tracker.Mode.OPTIN : optOut ? Tracker.Mode.OPTOUT : Tracker.Mode.READ;
        }

        /** In Redis's order. */
        void check(Tracker now) {
            if (!broadcast && !prefixes.isEmpty()) {
                throw RedisError.of("ERR PREFIX option requires BCAST mode to be enabled");
            }
            if (now.isOn() && broadcast != (now.mode() == Tracker.Mode.BCAST)) {
                throw RedisError.of("ERR You can't switch BCAST mode on/off before disabling tracking for this client,"
                        + " and then re-enabling it with a different mode.");
            }
            if (broadcast && (optIn || optOut)) {
                throw RedisError.of("ERR OPTIN and OPTOUT are not compatible with BCAST");
            }
            if (optIn && optOut) {
                throw RedisError.of("ERR You can't specify both OPTIN mode and OPTOUT mode");
            }
            if ((optIn && now.mode() == Tracker.Mode.OPTOUT) || (optOut && now.mode() == Tracker.Mode.OPTIN)) {
                throw RedisError.of("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client,"
                        + " and then re-enabling it with a different mode.");
            }
            checkPrefixes(now);
        }

        private void checkPrefixes(Tracker now) {
            for (int i = 0; i < prefixes.size(); i++) {
                Bytes prefix = prefixes.get(i);
                for (Bytes existing : now.prefixes()) {
                    if (Invalidations.overlap(existing, prefix)) {
                        throw overlapping(prefix, "an existing", existing);
                    }
                }
                for (Bytes later : prefixes.subList(i + 1, prefixes.size())) {
                    if (Invalidations.overlap(prefix, later)) {
                        throw overlapping(prefix, "another provided", later);
                    }
                }
            }
        }

        private static RedisError overlapping(Bytes prefix, String which, Bytes other) {
            return RedisError.of("ERR Prefix '" + prefix.latin1() + "' overlaps with " + which + " prefix '"
                    + other.latin1() + "'. Prefixes for a single client must not overlap.");
        }
    }

    private static Reply tracking(CommandContext c) {
        Options options = Options.parse(c);
        Tracker tracker = c.session().tracker();
        if (c.argIs(2, "ON")) {
            options.check(tracker);
            c.server()
                    .invalidations()
                    .begin(tracker, options.mode(), options.noLoop, options.redirect, options.prefixes);
        } else if (c.argIs(2, "OFF")) {
            c.server().invalidations().end(tracker);
        } else {
            throw RedisError.syntax();
        }
        return Reply.OK;
    }

    private static Reply caching(CommandContext c) {
        Tracker tracker = c.session().tracker();
        if (!tracker.isOn()) {
            throw RedisError.of("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN"
                    + " or OPTOUT mode enabled");
        }
        if (c.argIs(2, "YES")) {
            require(
                    tracker,
                    Tracker.Mode.OPTIN,
                    "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
        } else if (c.argIs(2, "NO")) {
            require(
                    tracker,
                    Tracker.Mode.OPTOUT,
                    "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
        } else {
            throw RedisError.syntax();
        }
        tracker.caching(true);
        return Reply.OK;
    }

    private static void require(Tracker tracker, Tracker.Mode mode, String refusal) {
        if (tracker.mode() != mode) {
            throw RedisError.of(refusal);
        }
    }

    private static Reply trackinginfo(CommandContext c) {
        Tracker tracker = c.session().tracker();
        List<Reply> flags = new ArrayList<>();
        tracker.flags().forEach(flag -> flags.add(Reply.bulk(flag)));
        return new Reply.MapOf(List.of(
                Reply.bulk("flags"),
                new Reply.SetOf(flags),
                Reply.bulk("redirect"),
                Reply.of(redirect(c.session())),
                Reply.bulk("prefixes"),
                new Reply.Array(tracker.prefixes().stream().map(Reply::bulk).toList())));
    }
}
