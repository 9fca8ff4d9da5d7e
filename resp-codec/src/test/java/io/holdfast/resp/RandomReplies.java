package io.holdfast.resp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Replies of every kind, nested at random; and what is left of one that RESP2 has carried. */
record RandomReplies(SplittableRandom random) {
    private static final int DEPTH_MAX = 4;

    Reply next() {
        return next(0);
    }

    private Reply next(int depth) {
        return switch (random.nextInt(depth < DEPTH_MAX ? 14 : 10)) {
            case 0 -> new Reply.Simple(text());
            case 1 -> new Reply.Failure(text());
            case 2 -> Reply.of(random.nextLong() >> random.nextInt(64));
            case 3, 4 -> new Reply.Bulk(binary());
            case 5 -> Reply.Null.BULK;
            case 6 -> new Reply.Bool(random.nextBoolean());
            case 7 ->
                new Reply.BigNumber(
                        Bytes.of(BigInteger.valueOf(random.nextLong()).pow(3).toString()));
            case 8 -> new Reply.Verbatim("txt", binary());
            case 9 -> real(random.nextDouble(-1e9, 1e9));
            case 10 -> new Reply.Array(items(random.nextInt(5), depth));
            case 11 -> new Reply.SetOf(items(random.nextInt(5), depth));
            case 12 -> new Reply.MapOf(items(2 * random.nextInt(3), depth));
            default -> new Reply.Push(items(random.nextInt(5), depth));
        };
    }

    private List<Reply> items(int count, int depth) {
        var items = new ArrayList<Reply>();
        for (int i = 0; i < count; i++) {
            items.add(next(depth + 1));
        }
        return items;
    }

    private static Reply real(double value) {
        return new Reply.Real(value, Bytes.of(Double.toString(value)));
    }

    private Bytes text() {
        return Bytes.of("x".repeat(random.nextInt(20)));
    }

    private Bytes binary() {
        var bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(2000) : random.nextInt(12)];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    /** What a RESP2 client sees of {@code reply}. */
    static Reply inResp2(Reply reply) {
        if (reply instanceof Reply.Bool bool) {
            return Reply.of(bool.value());
        } else if (reply instanceof Reply.BigNumber number) {
            return Reply.bulk(number.digits());
        } else if (reply instanceof Reply.Verbatim verbatim) {
            return Reply.bulk(verbatim.text());
        } else if (reply instanceof Reply.Real real) {
            return Reply.bulk(real.text());
        } else if (reply instanceof Reply.Array array) {
            return flat(array.items());
        } else if (reply instanceof Reply.SetOf set) {
            return flat(set.items());
        } else if (reply instanceof Reply.MapOf map) {
            return flat(map.keysAndValues());
        } else if (reply instanceof Reply.Push push) {
            return flat(push.items());
        }
        return reply;
    }

    private static Reply flat(List<Reply> items) {
        return Reply.array(items.stream().map(RandomReplies::inResp2).toList());
    }
}
