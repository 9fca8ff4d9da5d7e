package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.SetValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** What ZUNION and its kin read: a sorted set, a set whose members all have the score 1, or a key that is not there. */
record ScoredSource(@Nullable Value value) {
    private static final double SET_MEMBER = 1;

    /** @throws RedisError WRONGTYPE */
    static ScoredSource read(CommandContext c, Bytes key) {
        Value value = c.read(key, Value.class);
        if (value != null && !(value instanceof SortedSetValue) && !(value instanceof SetValue)) {
            throw RedisError.wrongType();
        }
        return new ScoredSource(value);
    }

    long size() {
        return value == null ? 0 : value.size();
    }

    /** The member's score, or NaN where it is absent. */
    double score(Bytes member) {
        if (value instanceof SortedSetValue sorted) {
            return sorted.score(member);
        }
        return value instanceof SetValue set && set.contains(member) ? SET_MEMBER : Double.NaN;
    }

    Bytes memberAt(int index) {
        if (value instanceof SortedSetValue sorted) {
            return sorted.memberAt(index);
        }
        if (value instanceof SetValue set) {
            return set.memberAt(index);
        }
        throw new IndexOutOfBoundsException(index);
    }

    double scoreAt(int index) {
        return value instanceof SortedSetValue sorted ? sorted.scoreAt(index) : SET_MEMBER;
    }
}
