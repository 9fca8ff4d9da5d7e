package io.holdfast.engine.command;

import io.holdfast.engine.command.KeyEvent.Kind;
import io.holdfast.engine.pubsub.PubSubBroker;
import io.holdfast.resp.Bytes;
import java.util.EnumSet;
import java.util.Set;

/**
 * Tells subscribers what happens to keys ({@code notify-keyspace-events}): on {@code __keyspace@0__:key} which event,
 * on {@code __keyevent@0__:event} which key. Costs a look at a set while nobody wants to know. Owned by the engine loop.
 */
public final class KeyEvents {
    private static final Set<Kind> ALL = EnumSet.complementOf(EnumSet.of(Kind.NEW, Kind.MISS));

    private final PubSubBroker broker;
    private final Set<Kind> wanted = EnumSet.noneOf(Kind.class);
    private boolean byKey;
    private boolean byEvent;
    private boolean home = true;

    public KeyEvents(PubSubBroker broker) {
        this.broker = broker;
    }

    /** Whether the data's home is here: what is copied from the upstream is the upstream's to tell. */
    public void home(boolean here) {
        home = here;
    }

    /** Letters as in redis.conf. @throws IllegalArgumentException in Redis's words for a letter that there is not */
    public void configure(String letters) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            if (letter == 'A') {
                kinds.addAll(ALL);
            } else if (letter != 'K' && letter != 'E') {
                kinds.add(kind(letter));
            }
        }
        wanted.clear();
        wanted.addAll(kinds);
        byKey = letters.indexOf('K') >= 0;
        byEvent = letters.indexOf('E') >= 0;
    }

    private static Kind kind(char letter) {
        for (Kind kind : Kind.values()) {
            if (kind.letter() == letter) {
                return kind;
            }
        }
        throw new IllegalArgumentException("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }

    /** The letters as CONFIG GET shows them. */
    public String letters() {
        var letters = new StringBuilder();
        boolean all = wanted.containsAll(ALL);
        letters.append(all ? "A" : "");
        for (Kind kind : Kind.values()) {
            if (wanted.contains(kind) && !all && kind != Kind.MISS) {
                letters.append(kind.letter());
            }
        }
        letters.append(byKey ? "K" : "").append(byEvent ? "E" : "");
        return letters.append(wanted.contains(Kind.MISS) ? "m" : "").toString();
    }

    public void tell(KeyEvent event, int db, Bytes key) {
        if (!wanted.contains(event.kind()) || !home) {
            return;
        }
        if (byKey) {
            broker.publish(channel("__keyspace@", db, key), event.message());
        }
        if (byEvent) {
            broker.publish(channel("__keyevent@", db, event.message()), key);
        }
    }

    private static Bytes channel(String kind, int db, Bytes of) {
        byte[] start = Bytes.of(kind + db + "__:").array();
        byte[] name = new byte[start.length + of.length()];
        System.arraycopy(start, 0, name, 0, start.length);
        System.arraycopy(of.array(), 0, name, start.length, of.length());
        return Bytes.wrap(name);
    }
}
