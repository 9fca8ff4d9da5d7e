package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.InlineRequest;
import io.holdfast.resp.RespProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The first line of a script that begins with {@code #!}: which flags it has, and where its code begins.
 *
 * @param declared whether there is such a line; without one a script may do what scripts always could
 * @param flags that it names
 * @param code the rest, from the end of that line on, so that its lines keep their numbers
 */
record ScriptHeader(boolean declared, Set<ScriptFlag> flags, Bytes code) {
    /** @throws RedisError when the line is not understood */
    static ScriptHeader of(Bytes body) {
        String text = body.latin1();
        if (!text.startsWith("#!")) {
            return new ScriptHeader(false, EnumSet.noneOf(ScriptFlag.class), body);
        }
        int end = text.indexOf('\n');
        if (end < 0) {
            throw RedisError.of("ERR Invalid script shebang");
        }
        List<String> words = words(text.substring(0, end));
        if (words.isEmpty()) {
            throw RedisError.of("ERR Invalid engine in script shebang");
        }
        if (!words.get(0).equals("#!lua")) {
            throw RedisError.latin1("ERR Unexpected engine in script shebang: " + words.get(0));
        }
        Set<ScriptFlag> flags = EnumSet.noneOf(ScriptFlag.class);
        for (String word : words.subList(1, words.size())) {
            if (!word.startsWith("flags=")) {
                throw RedisError.of("ERR Unknown lua shebang option: " + word);
            }
            for (String flag : word.substring(6).split(",", -1)) {
                if (!flag.isEmpty()) {
                    flags.add(ScriptFlag.named(flag)
                            .orElseThrow(() -> RedisError.of("ERR Unexpected flag in script shebang: " + flag)));
                }
            }
        }
        return new ScriptHeader(true, flags, body.slice(end, body.length()));
    }

    /** The words of a first line, which may be quoted like those of a typed command; none where a quote is left open. */
    static List<String> words(String latin1) {
        try {
            return InlineRequest.split(latin1.getBytes(StandardCharsets.ISO_8859_1)).stream()
                    .map(Bytes::latin1)
                    .toList();
        } catch (RespProtocolException unbalanced) {
            return List.of();
        }
    }
}
