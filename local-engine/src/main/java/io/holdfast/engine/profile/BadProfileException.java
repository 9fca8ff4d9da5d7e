package io.holdfast.engine.profile;

/** A profile that cannot be used; the message names the profile, the line and the mistake. */
public final class BadProfileException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final String mistake;

    /** @param line from 1 on; 0: the whole file */
    BadProfileException(String profile, int line, String mistake) {
        super(line == 0 ? profile + ": " + mistake : profile + ", line " + line + ": " + mistake);
        this.line = line;
        this.mistake = mistake;
    }

    /** From 1 on; 0: the whole file. */
    public int line() {
        return line;
    }

    /** Without the name and the line. */
    public String mistake() {
        return mistake;
    }
}
