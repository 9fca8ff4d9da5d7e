package io.holdfast.engine.value;

/** How Redis would hold a value, as OBJECT ENCODING names it. Programs look at it, so it follows Redis's thresholds. */
public enum Encoding {
    INT("int"),
    EMBSTR("embstr"),
    RAW("raw"),
    LISTPACK("listpack"),
    QUICKLIST("quicklist"),
    HASHTABLE("hashtable"),
    INTSET("intset"),
    SKIPLIST("skiplist"),
    STREAM("stream");

    private final String redisName;

    Encoding(String redisName) {
        this.redisName = redisName;
    }

    public String redisName() {
        return redisName;
    }
}
