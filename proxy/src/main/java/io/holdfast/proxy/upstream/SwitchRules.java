package io.holdfast.proxy.upstream;

/**
 * What becomes of clients when the data's home moves (contract, "Ambiguity", C4 and C6).
 *
 * @param lostReplies of commands that were sent upstream and have no reply
 * @param migratesBlocked whether commands that wait upstream go on waiting here; otherwise they are answered {@code -UNBLOCKED}
 * @param closesSubscribers whether subscribers are cut off at each switch, so that they notice
 */
public record SwitchRules(LostReplyPolicy lostReplies, boolean migratesBlocked, boolean closesSubscribers) {
    public static final SwitchRules DEFAULT = new SwitchRules(LostReplyPolicy.SETTLE, false, false);
}
