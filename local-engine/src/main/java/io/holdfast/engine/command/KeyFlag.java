package io.holdfast.engine.command;

/** What a command does to the keys of one key specification; the names are those of COMMAND INFO. */
public enum KeyFlag {
    RW,
    RO,
    OW,
    RM,
    ACCESS("access"),
    UPDATE("update"),
    INSERT("insert"),
    DELETE("delete"),
    NOT_KEY("not_key"),
    INCOMPLETE("incomplete"),
    VARIABLE_FLAGS("variable_flags");

    private final String redisName;

    KeyFlag() {
        this.redisName = name();
    }

    KeyFlag(String redisName) {
        this.redisName = redisName;
    }

    public String redisName() {
        return redisName;
    }
}
