package io.holdfast.proxy.admin;

import io.holdfast.engine.command.RedisError;
import io.holdfast.sync.journal.DeadLetters;

/** The refusals that only HOLDFAST commands know, each text once. */
public final class OperatorError {
    private OperatorError() {}

    static RedisError noUpstream() {
        return RedisError.of("ERR there is no upstream to switch to: Holdfast runs standalone");
    }

    static RedisError noDeadLetter(long id) {
        return RedisError.of("ERR no dead letter has the id " + id);
    }

    static RedisError isDecided(DeadLetters.Stored stored) {
        return RedisError.of(
                "ERR dead letter " + stored.id() + " is " + stored.state().word() + " already");
    }

    static RedisError noConflict(long id) {
        return RedisError.of("ERR no conflict has the id " + id);
    }

    static RedisError isSettled(long id) {
        return RedisError.of("ERR conflict " + id + " is settled already");
    }

    static RedisError noEntry(long sequence) {
        return RedisError.of("ERR the journal holds no entry " + sequence);
    }

    static RedisError trimmedMeanwhile(long firstAvailable) {
        return RedisError.of("ERR entries were trimmed while they were read; ask again FROM " + firstAvailable);
    }

    /** @param order what keeps the replay away */
    static RedisError isHeldBack(String order) {
        return RedisError.of("ERR nothing is replayed now: " + order);
    }

    static RedisError isNotHalted() {
        return RedisError.of(
                "ERR nothing is halted: the upstream has not lost its data, or sync.upstream_lost is not halt");
    }

    /** @param why what would be replayed cannot be said */
    static RedisError noDryRun(String why) {
        return RedisError.of("ERR no dry run: " + why.replaceAll("\\s+", " "));
    }

    /** @param command what was to become an effect, as {@code hash|get} names it */
    static RedisError isNoEffect(String command) {
        return RedisError.of("ERR an effect is a command that writes to the keys it names: '" + command
                + "' with these arguments is none");
    }

    /** @param why what is wrong with the configuration; holds no secret */
    public static RedisError notConfigured(String why) {
        return RedisError.of("ERR the configuration stays as it is: " + why.replaceAll("\\s+", " "));
    }

    /** The disk refuses, or we made a mistake; the log says more. */
    static RedisError notCarriedOut(String why) {
        return RedisError.of("ERR not carried out: " + why.replaceAll("\\s+", " "));
    }
}
