package io.holdfast.proxy.config;

import java.util.List;

/** A configuration that cannot be used; the message has every mistake, each with its place, and no secret. */
public final class BadConfigurationException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> mistakes;

    BadConfigurationException(List<String> mistakes) {
        super(String.join("; ", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /** One line each. */
    public List<String> mistakes() {
        return mistakes;
    }
}
