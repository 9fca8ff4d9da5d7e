package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is said on a new link before a client's first byte: who we are, in which version and database, and whether the
 * other side is a Holdfast; then the connection's id and the server's run id are remembered, so that the connection can be
 * fenced (contract, rule 5).
 */
public final class UpstreamHandshake {
    private static final Pattern RUN_ID = Pattern.compile("run_id:([0-9a-f]+)");
    /** Every Holdfast answers INFO holdfast itself, in every phase; a Redis knows no such section and gives nothing. */
    static final Bytes[] ASK_WHETHER_HOLDFAST = command("INFO", "holdfast");

    private static final String HOLDFAST_SECTION = "# Holdfast\r\n";

    private static final Pattern REFUSED_ENTRY = Pattern.compile(" -(?:NOAUTH|WRONGPASS|NOPERM) ");

    /** Redis: said to who would be one more than {@code maxclients}, whatever is asked; then the connection is closed. */
    private static final String FULL = "-ERR max number of clients";

    private final UpstreamAddress address;
    private final LinkKey key;
    private final String clientName;
    private final ConnectionRegistry registry;

    UpstreamHandshake(UpstreamAddress address, LinkKey key, String clientName, ConnectionRegistry registry) {
        this.address = address;
        this.key = key;
        this.clientName = clientName;
        this.registry = registry;
    }

    void begin(UpstreamLink link) {
        List<Bytes[]> greeting = greeting();
        for (Bytes[] command : greeting) {
            link.handshakeSend(command, new Expect(link, command[0]));
        }
        var clientId = new Expect(link, Bytes.of("CLIENT ID"));
        link.handshakeSend(command("CLIENT", "ID"), clientId);
        link.handshakeSend(ASK_WHETHER_HOLDFAST, new Expect(link, Bytes.of("INFO")) {
            @Override
            void accept() {
                if (isHoldfast(reply)) {
                    link.fail(HealthProbe.IS_HOLDFAST);
                }
            }
        });
        link.handshakeSend(command("INFO", "server"), new Expect(link, Bytes.of("INFO")) {
            @Override
            void accept() {
                Matcher runId = RUN_ID.matcher(reply);
                if (!runId.find()) {
                    link.fail("INFO server names no run_id");
                    return;
                }
                long id = Long.parseLong(clientId.reply.substring(1).trim());
                link.clientId(id);
                registry.remember(
                        runId.group(1),
                        id,
                        () -> logIn(link),
                        () -> link.fail("the connection could not be remembered for fencing"));
            }
        });
    }

    /**
     * Last, since a client's user may not ask what the handshake asks; and answered before the client's first byte goes out,
     * which must not be run as us.
     */
    private void logIn(UpstreamLink link) {
        UpstreamLogin login = key.login();
        if (login == null || link.isClosed()) {
            link.handshakeDone();
            return;
        }
        link.handshakeSend(login.command(), new Expect(link, Bytes.of("AUTH")) {
            @Override
            void accept() {
                link.handshakeDone();
            }

            @Override
            void refuse() {
                link.refused(reply.trim());
            }
        });
    }

    /** Whether a link ended, for this reason, because the upstream does not know us or does not let us do our work. */
    public static boolean isRefusedEntry(String reason) {
        return REFUSED_ENTRY.matcher(reason).find();
    }

    /** Judges what {@link #ASK_WHETHER_HOLDFAST} was answered. */
    static boolean isHoldfast(String reply) {
        return reply.contains(HOLDFAST_SECTION);
    }

    /** AUTH, where we have a password. */
    static List<Bytes[]> authentication(UpstreamAddress address) {
        if (address.password() == null) {
            return List.of();
        }
        return List.<Bytes[]>of(
                address.user() == null
                        ? command("AUTH", address.password())
                        : command("AUTH", address.user(), address.password()));
    }

    private List<Bytes[]> greeting() {
        List<Bytes[]> commands = new ArrayList<>(authentication(address));
        if (key.resp() == RespVersion.RESP3) {
            commands.add(command("HELLO", "3"));
        }
        commands.add(command("CLIENT", "SETNAME", clientName));
        if (key.db() != 0) {
            commands.add(command("SELECT", Integer.toString(key.db())));
        }
        return commands;
    }

    static Bytes[] command(String... words) {
        Bytes[] command = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) {
            command[i] = Bytes.of(words[i]);
        }
        return command;
    }

    /** A reply of the handshake, which must not be an error. */
    private static class Expect extends InFlight {
        private final UpstreamLink link;
        private final Bytes asked;
        String reply = "";

        Expect(UpstreamLink link, Bytes asked) {
            this.link = link;
            this.asked = asked;
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            reply = frame.toString(StandardCharsets.ISO_8859_1);
            frame.release();
            if (type == '-') {
                refuse();
            } else {
                accept();
            }
        }

        /** For who wants to know what it was. */
        void accept() {}

        void refuse() {
            String reason = "the upstream refused " + asked + ": " + reply.trim();
            if (reply.startsWith(FULL)) {
                link.turnedAway(reason);
            } else {
                link.fail(reason);
            }
        }

        @Override
        public void onLost(boolean maybeSent) {
            // The link's owner hears of the loss itself.
        }
    }
}
