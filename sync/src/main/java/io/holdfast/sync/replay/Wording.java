package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import java.util.List;

/** How effects are said to the upstream that is there now. Immutable. */
record Wording(Dialect dialect, UpstreamClock clock) {
    /** The same effect, as far as the upstream can have it. */
    List<Bytes> say(List<Bytes> command) {
        return clock.say(dialect.say(command));
    }
}
