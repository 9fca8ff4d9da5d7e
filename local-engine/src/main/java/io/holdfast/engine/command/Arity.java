package io.holdfast.engine.command;

/**
 * How many arguments a command takes, its name included, as COMMAND INFO gives it.
 *
 * @param value n for exactly n, −n for at least n
 */
public record Arity(int value) {
    public static Arity exactly(int arguments) {
        return new Arity(arguments);
    }

    public static Arity atLeast(int arguments) {
        return new Arity(-arguments);
    }

    public boolean accepts(int arguments) {
        return value >= 0 ? arguments == value : arguments >= -value;
    }
}
