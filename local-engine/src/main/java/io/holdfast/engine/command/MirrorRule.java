package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a write that the upstream acknowledged is carried over to a warm copy that knows the key whole: by its result,
 * not by running it again (contract, rule 13: after an INCR that answered 49 the copy holds 49). A command without a
 * rule is run on the copy and must give the upstream's reply; where it does not, the key is fetched again.
 */
@FunctionalInterface
public interface MirrorRule {
    /** The reply, a number or a bulk, is the whole string that the key holds now; its expiry is as it was. */
    MirrorRule NEW_STRING = (args, reply) -> {
        Bytes value = reply instanceof Reply.Int number
                ? Bytes.of(number.value())
                : reply instanceof Reply.Bulk bulk ? bulk.value() : null;
        return value == null ? null : List.of(new Bytes[][] {{Bytes.of("SET"), args[1], value, Bytes.of("KEEPTTL")}});
    };

    /**
     * What the reply to {@code args} proves.
     *
     * @return canonical commands that bring the copy to the state which {@code reply} proves, empty when nothing
     *     changed; null when the reply does not tell, and the key has to be fetched
     */
    @Nullable List<Bytes[]> effects(Bytes[] args, Reply reply);
}
