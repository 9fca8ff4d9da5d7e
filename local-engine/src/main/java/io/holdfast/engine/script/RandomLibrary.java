package io.holdfast.engine.script;

/**
 * {@code math.random} as Redis has it: 48 bits of linear congruence that begin alike in every process and go on from one
 * script to the next. Owned by the engine loop.
 */
final class RandomLibrary {
    private static final long MULTIPLIER = 0x5DEECE66DL;
    private static final long MASK = (1L << 48) - 1;
    private static final int SEED_LOW = 0x330E;
    private static final int MAX = Integer.MAX_VALUE;

    private long state = 0x1234ABCDL << 16 | SEED_LOW;

    private double next() {
        state = (state * MULTIPLIER + 0xB) & MASK;
        return (double) ((state >>> 17) % MAX) / MAX;
    }

    int random(LuaState lua) {
        double drawn = next();
        int arguments = lua.top();
        for (int i = 1; i <= Math.min(2, arguments); i++) {
            if (!lua.isNumeric(i)) {
                return lua.badType(i, "random", "number");
            }
        }
        switch (arguments) {
            case 0 -> lua.push(drawn);
            case 1 -> {
                long upper = (long) lua.number(1);
                if (upper < 1) {
                    return lua.badArgument(1, "random", "interval is empty");
                }
                lua.push(Math.floor(drawn * upper) + 1);
            }
            case 2 -> {
                long lower = (long) lua.number(1);
                long upper = (long) lua.number(2);
                if (lower > upper) {
                    return lua.badArgument(2, "random", "interval is empty");
                }
                lua.push(Math.floor(drawn * (upper - lower + 1)) + lower);
            }
            default -> {
                return lua.raise("wrong number of arguments");
            }
        }
        return 1;
    }

    int randomseed(LuaState lua) {
        if (!lua.isNumeric(1)) {
            return lua.badType(1, "randomseed", "number");
        }
        state = ((long) lua.number(1) & 0xffffffffL) << 16 | SEED_LOW;
        return 0;
    }
}
