package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** A reply of members, with or without their scores, being written as they are visited. */
final class ScoredReply implements SortedSetValue.Visitor {
    private enum Shape {
        /** a b */
        MEMBERS,
        /** a 1 b 2 */
        FLAT,
        /** [a 1] [b 2] */
        PAIRS
    }

    private final CommandContext c;
    private final Shape shape;
    private final List<Reply> items = new ArrayList<>();

    private ScoredReply(CommandContext c, Shape shape) {
        this.c = c;
        this.shape = shape;
    }

    /** As WITHSCORES has it: with scores, RESP3 shows pairs and RESP2 a flat array. */
    static ScoredReply of(CommandContext c, boolean withScores) {
        return new ScoredReply(c, !withScores ? Shape.MEMBERS : c.resp3() ? Shape.PAIRS : Shape.FLAT);
    }

    /** Members and scores in turn in both protocols. */
    static ScoredReply flat(CommandContext c) {
        return new ScoredReply(c, Shape.FLAT);
    }

    /** Pairs in both protocols. */
    static ScoredReply pairs(CommandContext c) {
        return new ScoredReply(c, Shape.PAIRS);
    }

    @Override
    public void visit(Bytes member, double score) {
        switch (shape) {
            case MEMBERS -> items.add(Reply.bulk(member));
            case FLAT -> {
                items.add(Reply.bulk(member));
                items.add(c.real(score));
            }
            case PAIRS -> items.add(Reply.array(Reply.bulk(member), c.real(score)));
        }
    }

    Reply reply() {
        return new Reply.Array(items);
    }
}
