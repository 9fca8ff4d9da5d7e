package io.holdfast.engine.command;

/** Commands that belong together: one file declares them and holds their functions. */
@FunctionalInterface
public interface CommandFamily {
    void declare(CommandTable.Builder commands);
}
