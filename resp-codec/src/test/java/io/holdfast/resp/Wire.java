package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What tests feed to decoders, and what comes out, as latin-1 text: one char a byte. */
final class Wire {
    private Wire() {}

    static ByteBuf buffer(String text) {
        return buffer(text, 0);
    }

    /** A pooled buffer whose readable bytes are {@code text} and begin at index {@code before}. */
    static ByteBuf buffer(String text, int before) {
        return fill(PooledByteBufAllocator.DEFAULT.buffer(before + text.length() + 1), text, before);
    }

    private static ByteBuf fill(ByteBuf buffer, String text, int before) {
        buffer.writeZero(before).skipBytes(before);
        buffer.writeCharSequence(text, StandardCharsets.ISO_8859_1);
        return buffer;
    }

    static String text(ByteBuf buffer) {
        return buffer.toString(0, buffer.writerIndex(), StandardCharsets.ISO_8859_1);
    }

    /** What came out: each frame as text, and the error that ended it, if any. */
    record Outcome(List<String> frames, @Nullable String error) {}

    /** Turns the bytes in a buffer into a frame's text; null when more are needed. Checks and releases the frame. */
    @FunctionalInterface
    interface Step {
        @Nullable String decode(ByteBuf in) throws RespProtocolException;
    }

    /**
     * Feeds {@code text} in pieces that end at {@code cuts} (ascending) and at its end. Each piece comes in a buffer of
     * its own that holds what was not consumed before, at another index than before; none may leak.
     */
    static Outcome feed(String text, Step step, int... cuts) {
        var frames = new ArrayList<String>();
        int consumed = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int end = i < cuts.length ? cuts[i] : text.length();
            // not a pooled one: paranoid leak detection would make millions of cuts slow, and release() tells as well
            var in = fill(Unpooled.buffer(), text.substring(consumed, end), i % 3);
            int start = in.readerIndex();
            var error = drain(in, step, frames);
            consumed += in.readerIndex() - start;
            if (!in.release()) {
                throw new AssertionError("a slice of " + text + " leaked");
            }
            if (error != null) {
                return new Outcome(frames, error);
            }
        }
        return new Outcome(frames, null);
    }

    /** Adds the frames that {@code in} holds whole; answers the error that ended them, if any. */
    private static @Nullable String drain(ByteBuf in, Step step, List<String> frames) {
        try {
            String frame = step.decode(in);
            while (frame != null) {
                frames.add(frame);
                frame = step.decode(in);
            }
            return null;
        } catch (RespProtocolException e) {
            return e.getMessage();
        }
    }

    /** Cuts after each byte. */
    static int[] everywhere(String text) {
        var cuts = new int[text.length()];
        for (int i = 0; i < cuts.length; i++) {
            cuts[i] = i;
        }
        return cuts;
    }

    /** Decodes requests with a new decoder. */
    static Step requests(RespLimits limits) {
        var decoder = new RequestDecoder(limits);
        return in -> {
            var frame = decoder.decode(in);
            if (frame == null) {
                return null;
            }
            var arguments = new StringBuilder();
            for (var argument : frame.arguments()) {
                arguments.append('[').append(argument).append(']');
            }
            frame.release();
            return arguments.toString();
        };
    }

    /** Decodes replies with a new decoder. */
    static Step replies(RespLimits limits) {
        var decoder = new ReplyFrameDecoder(limits);
        return in -> {
            var frame = decoder.decode(in);
            if (frame == null) {
                return null;
            }
            var text = (char) decoder.type() + " " + text(frame);
            frame.release();
            return text;
        };
    }
}
