package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.List;

/**
 * One change to the data as a canonical command that gives the same result whenever it is applied: absolute times,
 * chosen elements, never a condition or a random choice. The same form serves crash recovery, replay upstream and the
 * audit trail. Immutable.
 *
 * @param db the database it changes
 * @param command name and arguments
 */
public record Effect(int db, List<Bytes> command) {
    /** The effect of {@code command} on database {@code db}; takes ownership of the array. */
    public static Effect of(int db, Bytes... command) {
        return new Effect(db, Arrays.asList(command));
    }

    /** Which of its words says when its key ends, in Unix milliseconds: that of PEXPIREAT, and of SET with PXAT; -1 in others. */
    public int endAt() {
        return endAt(command);
    }

    /** As {@link #endAt()}, of a command in the form in which effects have it. */
    public static int endAt(List<Bytes> command) {
        Bytes name = command.get(0);
        if (name.equalsIgnoreCase("PEXPIREAT")) {
            return command.size() > 2 ? 2 : -1;
        }
        if (name.equalsIgnoreCase("SET")) {
            for (int i = 3; i + 1 < command.size(); i++) {
                if (command.get(i).equalsIgnoreCase("PXAT")) {
                    return i + 1;
                }
            }
        }
        return -1;
    }
}
