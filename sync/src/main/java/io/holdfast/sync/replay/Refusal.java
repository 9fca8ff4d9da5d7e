package io.holdfast.sync.replay;

import io.holdfast.resp.Reply;
import java.util.Set;

/** An error that the upstream answered. Immutable. */
record Refusal(String text) {
    /** Errors that no effect is to blame for: the upstream takes no writes, or none of ours, for now. */
    private static final Set<String> UPSTREAMS_OWN = Set.of(
            "OOM",
            "READONLY",
            "MISCONF",
            "NOREPLICAS",
            "LOADING",
            "MASTERDOWN",
            "BUSY",
            "CLUSTERDOWN",
            "TRYAGAIN",
            "MOVED",
            "ASK",
            "NOAUTH");

    /** EXEC repeats in this way what it found when it came to run the queued commands. */
    private static final String REASON = "because of: ";

    static Refusal of(Reply.Failure failure) {
        return new Refusal(failure.text().utf8());
    }

    /** True when it says nothing about the command that it answers. */
    boolean isUpstreamsOwn() {
        int reason = text.indexOf(REASON);
        String cause = reason < 0 ? text : text.substring(reason + REASON.length());
        int end = cause.indexOf(' ');
        return UPSTREAMS_OWN.contains(end < 0 ? cause : cause.substring(0, end));
    }

    /** Its first word, for logs: what follows may repeat a value. */
    String code() {
        int end = text.indexOf(' ');
        return end < 0 ? text : text.substring(0, end);
    }
}
