package io.holdfast.engine.command;

import io.holdfast.resp.Reply;

/**
 * What a command does. Checks everything first and throws {@link RedisError} before its first change, or not at all.
 * Runs on the engine loop.
 */
@FunctionalInterface
public interface Handler {
    Reply handle(CommandContext c);
}
