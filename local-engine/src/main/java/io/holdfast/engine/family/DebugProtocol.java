package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import java.util.Locale;

/** DEBUG PROTOCOL: a reply of each kind, for those who test how a client reads it. */
final class DebugProtocol {
    private static final List<Reply> THREE = List.of(Reply.ZERO, Reply.ONE, Reply.of(2));

    private DebugProtocol() {}

    static Reply reply(CommandContext c) {
        return switch (c.arg(2).latin1().toLowerCase(Locale.ROOT)) {
            case "string" -> Reply.bulk("Hello World");
            case "integer" -> Reply.of(12345);
            case "double" -> c.real(3.141);
            case "bignum" -> new Reply.BigNumber(Bytes.of("1234567999999999999999999999999999999"));
            case "null" -> Reply.Null.BULK;
            case "array" -> new Reply.Array(THREE);
            case "set" -> new Reply.SetOf(THREE);
            case "map" ->
                new Reply.MapOf(List.of(
                        Reply.ZERO,
                        new Reply.Bool(false),
                        Reply.ONE,
                        new Reply.Bool(true),
                        Reply.of(2),
                        new Reply.Bool(false)));
            case "attrib" ->
                new Reply.Attributed(
                        List.of(Reply.bulk("key-popularity"), Reply.array(Reply.bulk("key:123"), Reply.of(90))),
                        Reply.bulk("Some real reply following the attribute"));
            case "push" -> push(c);
            case "true" -> new Reply.Bool(true);
            case "false" -> new Reply.Bool(false);
            case "verbatim" -> new Reply.Verbatim("txt", Bytes.of("This is a verbatim\nstring"));
            default ->
                throw RedisError.of("ERR Wrong protocol type name. Please use one of the following: "
                        + "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
        };
    }

    private static Reply push(CommandContext c) {
        if (!c.resp3()) {
            throw RedisError.of("ERR RESP2 is not supported by this command");
        }
        return new Reply.Sequence(List.of(
                new Reply.Push(List.of(Reply.bulk("server-cpu-usage"), Reply.of(42))),
                Reply.bulk("Some real reply following the push reply")));
    }
}
