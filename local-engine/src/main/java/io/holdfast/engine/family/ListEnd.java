package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.ListValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** One of the two ends of a list, and what taking from it and adding to it means for the journal. */
enum ListEnd {
    LEFT("LPUSH", "1", KeyEvent.LPUSH, KeyEvent.LPOP) {
        @Override
        void push(ListValue list, Bytes element) {
            list.pushHead(element);
        }

        @Override
        Bytes take(ListValue list) {
            return list.popHead();
        }
    },
    RIGHT("RPUSH", "-1", KeyEvent.RPUSH, KeyEvent.RPOP) {
        @Override
        void push(ListValue list, Bytes element) {
            list.pushTail(element);
        }

        @Override
        Bytes take(ListValue list) {
            return list.popTail();
        }
    };

    private static final Bytes LREM = Bytes.of("LREM");

    private final Bytes pushName;
    private final Bytes oneFromHere;
    private final KeyEvent pushed;
    private final KeyEvent popped;

    ListEnd(String pushName, String oneFromHere, KeyEvent pushed, KeyEvent popped) {
        this.pushName = Bytes.of(pushName);
        this.oneFromHere = Bytes.of(oneFromHere);
        this.pushed = pushed;
        this.popped = popped;
    }

    abstract void push(ListValue list, Bytes element);

    /** Removes the element at this end; the list must not be empty. */
    abstract Bytes take(ListValue list);

    /** The command that pushes here. */
    Bytes pushName() {
        return pushName;
    }

    /** What listeners hear of a push here. */
    KeyEvent pushed() {
        return pushed;
    }

    /** What listeners hear when something is taken from here. */
    KeyEvent popped() {
        return popped;
    }

    /** The end that argument {@code i} names. @throws RedisError a syntax error when it names none */
    static ListEnd parse(CommandContext c, int i) {
        if (c.argIs(i, "LEFT")) {
            return LEFT;
        }
        if (c.argIs(i, "RIGHT")) {
            return RIGHT;
        }
        throw RedisError.syntax();
    }

    static ListValue changeOrCreate(CommandContext c, Bytes key) {
        return c.changeOrCreate(
                key, ListValue.class, () -> new ListValue(c.config().encodingLimits()));
    }

    /** Takes up to {@code count} elements of the list at {@code key}, the outermost first. */
    List<Reply> pop(CommandContext c, Bytes key, ListValue list, long count) {
        List<Reply> popped = new ArrayList<>();
        for (long left = Math.min(count, list.size()); left > 0; left--) {
            Bytes element = take(list);
            popped.add(Reply.bulk(element));
            removed(c, key, element);
        }
        if (!popped.isEmpty()) {
            c.changed(key, popped());
        }
        return popped;
    }

    /** The effect of {@link #take}: upstream that very element goes, whatever else has been pushed there since. */
    void removed(CommandContext c, Bytes key, Bytes element) {
        c.effect(LREM, key, oneFromHere, element);
    }
}
