package io.holdfast.sync.conflict;

import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An effect on a consumer group of a stream, as the local engine journals them. Immutable.
 *
 * <pre>
 *   XCLAIM key group consumer 0 id … TIME ms RETRYCOUNT n FORCE JUSTID
 *   XACK key group id …
 *   XGROUP SETID|CREATE key group id …       SETID 0-0 before another SETID: that id was meant, not reached by reading
 *   XGROUP DESTROY key group
 *   XGROUP DELCONSUMER key group consumer
 * </pre>
 */
record GroupCommand(Kind kind, Bytes key, Bytes group, List<Bytes> words) {
    private static final int CLAIMED_FROM = 5;
    private static final int ACKNOWLEDGED_FROM = 3;
    private static final int SUBJECT = 4;
    private static final Bytes TIME = Bytes.of("TIME");

    enum Kind {
        CLAIM,
        ACKNOWLEDGE,
        SETID,
        CREATE,
        DESTROY,
        DELCONSUMER
    }

    /** Null where {@code words} is none that meets anything of others, or not in the form in which it is journaled. */
    static @Nullable GroupCommand of(List<Bytes> words) {
        Bytes name = words.get(0);
        if (name.isEmpty() || (name.at(0) != 'X' && name.at(0) != 'x')) {
            return null; // as most are, and quickly
        }
        Kind kind = switch (name.latin1().toUpperCase(Locale.ROOT)) {
            case "XCLAIM" -> words.lastIndexOf(TIME) > CLAIMED_FROM ? Kind.CLAIM : null;
            case "XACK" -> Kind.ACKNOWLEDGE;
            case "XGROUP" -> subcommand(words);
            default -> null;
        };
        if (kind == null) {
            return null;
        }
        int key = kind == Kind.CLAIM || kind == Kind.ACKNOWLEDGE ? 1 : 2;
        return new GroupCommand(kind, words.get(key), words.get(key + 1), words);
    }

    private static @Nullable Kind subcommand(List<Bytes> words) {
        return switch (words.get(1).latin1().toUpperCase(Locale.ROOT)) {
            case "SETID" -> Kind.SETID;
            case "CREATE" -> Kind.CREATE;
            case "DESTROY" -> Kind.DESTROY;
            case "DELCONSUMER" -> Kind.DELCONSUMER;
            default -> null;
        };
    }

    /** The entries that are claimed or acknowledged. */
    List<StreamId> ids() {
        List<Bytes> printed = switch (kind) {
            case CLAIM -> words.subList(CLAIMED_FROM, words.lastIndexOf(TIME));
            case ACKNOWLEDGE -> words.subList(ACKNOWLEDGED_FROM, words.size());
            case SETID, CREATE, DESTROY, DELCONSUMER -> List.of();
        };
        return printed.stream().map(id -> StreamId.parse(id.latin1())).toList();
    }

    /** The same claim, of {@code ids} alone. */
    List<Bytes> claiming(List<StreamId> ids) {
        List<Bytes> claim = new ArrayList<>(words.subList(0, CLAIMED_FROM));
        ids.forEach(id -> claim.add(id.toBytes()));
        claim.addAll(words.subList(words.lastIndexOf(TIME), words.size()));
        return claim;
    }

    /** When what is claimed was delivered, Unix milliseconds. */
    long deliveredMs() {
        return Long.parseLong(words.get(words.lastIndexOf(TIME) + 1).latin1());
    }

    /** Who claims, or which consumer is deleted. */
    Bytes consumer() {
        return kind == Kind.CLAIM ? words.get(3) : words.get(SUBJECT);
    }

    /** Where the group is made or set to. */
    StreamId position() {
        return StreamId.parse(words.get(SUBJECT).latin1());
    }
}
