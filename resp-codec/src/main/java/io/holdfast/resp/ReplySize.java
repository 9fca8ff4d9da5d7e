package io.holdfast.resp;

import java.util.List;

/** How much room a reply takes at most when it is spelled, so that a buffer grows once. Stateless; any thread. */
final class ReplySize {
    private static final int CRLF_BYTES = 2;
    /** A type byte and a length, or a count, of as many digits as an int has. */
    private static final long HEADER_BYTES_MAX = 1 + 10 + CRLF_BYTES;
    /** What stands around a text, whether it is spelled as a bulk string or as a line. */
    private static final long AROUND_TEXT_MAX = HEADER_BYTES_MAX + CRLF_BYTES;

    private static final long FORMAT_BYTES = 4;
    /** A type byte and an integer of 64 bits with its sign: no null and no boolean is longer. */
    private static final long INTEGER_BYTES_MAX = 1 + 20 + CRLF_BYTES;

    private ReplySize() {}

    /** In bytes, in whichever version. */
    static long atMost(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return AROUND_TEXT_MAX + bulk.value().length();
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
            return AROUND_TEXT_MAX + simple.text().length();
        } else if (reply instanceof Reply.Failure failure) {
            return AROUND_TEXT_MAX + failure.text().length();
        } else if (reply instanceof Reply.Verbatim verbatim) {
            return AROUND_TEXT_MAX + FORMAT_BYTES + verbatim.text().length();
        } else if (reply instanceof Reply.BigNumber number) {
            return AROUND_TEXT_MAX + number.digits().length();
        } else if (reply instanceof Reply.Real real) {
            return AROUND_TEXT_MAX + real.text().length();
        }
        return INTEGER_BYTES_MAX;
    }

    private static long atMost(List<Reply> replies) {
        long bytes = HEADER_BYTES_MAX;
        for (int i = 0; i < replies.size(); i++) {
            bytes += atMost(replies.get(i));
        }
        return bytes;
    }
}
