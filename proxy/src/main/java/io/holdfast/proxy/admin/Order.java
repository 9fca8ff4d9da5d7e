package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;

/**
 * Who orders something, and when, for the audit trail. Immutable.
 *
 * @param who the user and where the connection is from
 * @param atMs Unix milliseconds
 */
public record Order(String who, long atMs) {
    static Order of(CommandContext c) {
        return new Order(c.session().who().utf8(), c.nowMs());
    }
}
