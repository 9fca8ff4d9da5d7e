package io.holdfast.engine.value;

/** The types of Redis values, with the names that TYPE and SCAN … TYPE use. */
public enum ValueType {
    STRING("string", 0),
    LIST("list", 1),
    SET("set", 2),
    ZSET("zset", 3),
    HASH("hash", 4),
    STREAM("stream", 5);

    private static final ValueType[] BY_CODE = {STRING, LIST, SET, ZSET, HASH, STREAM};

    private final String redisName;
    private final byte code;

    ValueType(String redisName, int code) {
        this.redisName = redisName;
        this.code = (byte) code;
    }

    public String redisName() {
        return redisName;
    }

    /** A small number, for where a reference would be too big; never negative. */
    public byte code() {
        return code;
    }

    /** The type of {@link #code}. */
    public static ValueType ofCode(byte code) {
        return BY_CODE[code];
    }
}
