package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * How an upstream wants effects to be said. What the journal holds may have been written when another Redis was there, or none
 * had been seen: a Redis before 7.0 counts neither what was ever added to a stream nor what a group has read, and refuses to be
 * told.
 */
enum Dialect {
    NEWEST {
        @Override
        List<Bytes> say(List<Bytes> command) {
            return command;
        }
    },
    BEFORE_7_0 {
        @Override
        List<Bytes> say(List<Bytes> command) {
            Bytes name = command.get(0);
            if (name.equalsIgnoreCase("XSETID")) {
                return without(command, XSETID_OPTIONS_AT, "ENTRIESADDED", "MAXDELETEDID");
            }
            boolean names = name.equalsIgnoreCase("XGROUP")
                    && command.size() > XGROUP_OPTIONS_AT
                    && (command.get(1).equalsIgnoreCase("CREATE")
                            || command.get(1).equalsIgnoreCase("SETID"));
            return names ? without(command, XGROUP_OPTIONS_AT, "ENTRIESREAD") : command;
        }
    };

    /** XSETID key id [ENTRIESADDED n] [MAXDELETEDID id] */
    private static final int XSETID_OPTIONS_AT = 3;
    /** XGROUP CREATE key group id [MKSTREAM] [ENTRIESREAD n] */
    private static final int XGROUP_OPTIONS_AT = 5;

    /** The same effect, as far as the upstream can have it. */
    abstract List<Bytes> say(List<Bytes> command);

    /** @param options that have a value each */
    private static List<Bytes> without(List<Bytes> command, int from, String... options) {
        List<Bytes> said = new ArrayList<>(command.subList(0, Math.min(from, command.size())));
        for (int i = from; i < command.size(); i++) {
            if (isOneOf(command.get(i), options)) {
                i++;
            } else {
                said.add(command.get(i));
            }
        }
        return said;
    }

    private static boolean isOneOf(Bytes word, String... options) {
        for (String option : options) {
            if (word.equalsIgnoreCase(option)) {
                return true;
            }
        }
        return false;
    }
}
