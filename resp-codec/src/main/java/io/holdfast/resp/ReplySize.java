package io.holdfast.resp;

import java.util.List;

/** How much room a reply takes at most when it is spelled, so that a buffer grows once. Stateless; any thread. */
final class ReplySize {
    /** A type byte, a number as long as they are, CR LF; behind a bulk string's bytes, or a verbatim one's, CR LF again. */
    private static final long LINE_BYTES_MAX = 1 + 20 + 2 + 4 + 2;

    private ReplySize() {}

    /** In bytes, in whichever version. */
    static long atMost(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return LINE_BYTES_MAX + bulk.value().length();
        } else if (reply instanceof Reply.Array array) {
            return atMost(array.items());
        } else if (reply instanceof Reply.MapOf map) {
            return atMost(map.keysAndValues());
        } else if (reply instanceof Reply.SetOf set) {
            return atMost(set.items());
        } else if (reply instanceof Reply.Push push) {
            return atMost(push.items());
        } else if (reply instanceof Reply.Sequence sequence) {
            return atMost(sequence.replies());
        } else if (reply instanceof Reply.Attributed attributed) {
            return atMost(attributed.keysAndValues()) + atMost(attributed.reply());
        } else if (reply instanceof Reply.Simple simple) {
            return LINE_BYTES_MAX + simple.text().length();
        } else if (reply instanceof Reply.Failure failure) {
            return LINE_BYTES_MAX + failure.text().length();
        } else if (reply instanceof Reply.Verbatim verbatim) {
            return LINE_BYTES_MAX + verbatim.text().length();
        } else if (reply instanceof Reply.BigNumber number) {
            return LINE_BYTES_MAX + number.digits().length();
        } else if (reply instanceof Reply.Real real) {
            return LINE_BYTES_MAX + real.text().length();
        }
        return LINE_BYTES_MAX;
    }

    private static long atMost(List<Reply> replies) {
        long bytes = LINE_BYTES_MAX;
        for (int i = 0; i < replies.size(); i++) {
            bytes += atMost(replies.get(i));
        }
        return bytes;
    }
}
