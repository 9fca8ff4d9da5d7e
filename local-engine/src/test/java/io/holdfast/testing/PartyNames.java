package io.holdfast.testing;

import io.holdfast.resp.Bytes;

/** Connections named in the commands of a {@link Conversation}. */
final class PartyNames {
    private PartyNames() {}

    /** Says which id the server gave to a connection. */
    @FunctionalInterface
    interface Ids {
        long id(char name);
    }

    /** {@code argument}, or the id of connection b when it is {@code {b}}. */
    static Bytes withIds(Bytes argument, Ids ids) {
        boolean named = argument.length() == 3 && argument.at(0) == '{' && argument.at(2) == '}';
        return named ? Bytes.of(ids.id((char) argument.at(1))) : argument;
    }
}
