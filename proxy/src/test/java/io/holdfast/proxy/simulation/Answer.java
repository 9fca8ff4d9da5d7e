package io.holdfast.proxy.simulation;

import io.holdfast.proxy.simulation.Command.Kind;
import io.holdfast.proxy.simulation.Command.Outcome;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Whether a reply can be true. */
final class Answer {
    private final Ledger ledger;
    private final Command command;

    Answer(Ledger ledger, Command command) {
        this.ledger = ledger;
        this.command = command;
    }

    void check() {
        switch (command.kind) {
            case LOG_READ -> checkLog(strings(command.reply()));
            case OWN_GET -> checkOwn(strings(command.reply()));
            case MEMBER_READ -> checkMembers(strings(command.reply()));
            case QUEUE_POP, QUEUE_WAIT -> checkTaken(strings(command.reply()));
            case BRIEF_GET -> checkBrief(strings(command.reply()));
            case WATCHED_PUSH -> checkWatched();
            case LOG_PUSH, COUNT, OWN_SET, MEMBER_ADD, QUEUE_PUSH, PAIR, BRIEF_SET -> {}
        }
    }

    /** The texts in a reply; nothing is an empty list. */
    static List<String> strings(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return List.of(bulk.value().utf8());
        } else if (reply instanceof Reply.Array array) {
            List<String> texts = new ArrayList<>();
            array.items().forEach(item -> texts.addAll(strings(item)));
            return texts;
        } else if (reply instanceof Reply.Null) {
            return List.of();
        } else if (reply instanceof Reply.Int number) {
            return List.of(Long.toString(number.value()));
        }
        throw new AssertionError("an answer that nobody asked for: " + reply);
    }

    /** What this client was told before it asked this, of this key. Where the key is in doubt it may read something older. */
    private List<Command> knownBefore(Kind kind) {
        Predicate<Command> mine = write -> write.client.equals(command.client) && write.number < command.number;
        return ledger.writes(command.key, kind).stream()
                .filter(mine.and(Command::isMust))
                .toList();
    }

    private void checkLog(List<String> values) {
        List<String> missing = Ledger.missing(knownBefore(Kind.LOG_PUSH), Ledger.setOf(values));
        Invariant.READ_YOUR_WRITES.check(missing.isEmpty() || command.inDoubt, command + " did not read " + missing);
        Contents.checkList(ledger, command.key, values);
    }

    private void checkMembers(List<String> values) {
        List<String> missing = Ledger.missing(knownBefore(Kind.MEMBER_ADD), Ledger.setOf(values));
        Invariant.READ_YOUR_WRITES.check(missing.isEmpty() || command.inDoubt, command + " did not read " + missing);
    }

    private void checkOwn(List<String> values) {
        List<Command> writes = ledger.writes(command.key, Kind.OWN_SET);
        Invariant.READ_YOUR_WRITES.check(
                command.inDoubt || Contents.isLatest(writes, values, command.number),
                command + " read " + values + " of " + writes);
    }

    private void checkWatched() {
        Invariant.WATCHED_MEANS_UNCHANGED.check(
                !command.movedMeanwhile, command + " although the data moved meanwhile");
        List<String> lengthThen =
                command.replies.get(1) instanceof Reply.Int ? strings(command.replies.get(1)) : List.of();
        List<String> lengthNow = strings(command.reply());
        boolean same =
                lengthThen.isEmpty() || lengthNow.equals(List.of(Long.toString(Long.parseLong(lengthThen.get(0)) + 1)));
        Invariant.WATCHED_MEANS_UNCHANGED.check(
                same || command.inDoubt, command + " made " + lengthNow + " of " + lengthThen);
    }

    private void checkTaken(List<String> values) {
        if (values.isEmpty()) {
            return;
        }
        String value = values.get(values.size() - 1);
        Command push = ledger.writerOf(value);
        long before = ledger.all().stream()
                .filter(other -> other != command
                        && (other.kind == Kind.QUEUE_POP || other.kind == Kind.QUEUE_WAIT)
                        && other.outcome == Outcome.DONE
                        && strings(other.reply()).contains(value))
                .count();
        Invariant.NOTHING_DOUBLED.check(
                push != null && push.mayBe() && (before == 0 || push.mayBeBack || command.inDoubt),
                command + " took " + value + " again");
    }

    private void checkBrief(List<String> values) {
        if (values.isEmpty()) {
            return;
        }
        Command set = ledger.writerOf(values.get(0));
        Invariant.EXPIRED_STAYS_DEAD.check(
                set != null
                        && (set.outcome != Outcome.DONE
                                || command.sentNanos <= set.answeredNanos + World.nanos(set.waitsMs + 1)),
                command + " read " + values + " of " + set);
    }
}
