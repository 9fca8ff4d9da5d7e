package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Session;
import io.holdfast.resp.ReplyArray;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Takes the upstream's passwords out of its replies to CONFIG GET: Holdfast logs in for clients that need not know them. They
 * read as empty, as Holdfast's own do. Stateless.
 */
final class UpstreamSecrets {
    /** Valkey calls masterauth primaryauth, too. */
    private static final Set<String> NAMES =
            Set.of("requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass");

    private static final byte[] EMPTY_BULK = "$0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES_MAX = 16;

    private UpstreamSecrets() {}

    /**
     * {@code configGet} with every password empty, otherwise byte for byte as it was.
     *
     * @param configGet whole: {@code *<2n>} or {@code %<n>} of names and values; released where another is given back. What is
     *     something else, as an error, is given back as it is
     */
    static ByteBuf hidden(ByteBuf configGet) {
        byte type = configGet.getByte(configGet.readerIndex());
        if (type != '*' && type != '%') {
            return configGet;
        }
        List<ByteBuf> elements = ReplyArray.elements(configGet);
        ByteBuf rest = configGet.alloc().buffer(configGet.readableBytes() + EMPTY_BULK.length);
        int elementBytes = elements.stream().mapToInt(ByteBuf::readableBytes).sum();
        rest.writeBytes(configGet, configGet.readerIndex(), configGet.readableBytes() - elementBytes);
        for (int i = 0; i < elements.size(); i++) {
            if (i % 2 == 1 && isSecret(elements.get(i - 1))) {
                rest.writeBytes(EMPTY_BULK);
            } else {
                ByteBuf element = elements.get(i);
                rest.writeBytes(element, element.readerIndex(), element.readableBytes());
            }
        }
        elements.forEach(ByteBuf::release);
        configGet.release();
        return rest;
    }

    /**
     * EXEC's reply with the passwords hidden in the elements that answer {@code configGet}.
     *
     * @param exec whole; released, unless it is no array, and so given back as it is
     * @param commands what each element answers
     */
    static ByteBuf hiddenIn(ByteBuf exec, List<Session.Queued> commands, CommandSpec configGet) {
        if (!ReplyArray.isWhole(exec)) {
            return exec;
        }
        List<ByteBuf> elements = ReplyArray.elements(exec);
        ByteBuf rest = exec.alloc().buffer(exec.readableBytes() + HEADER_BYTES_MAX);
        ReplyArray.writeHeader(rest, elements.size());
        for (int i = 0; i < elements.size(); i++) {
            ByteBuf element = elements.get(i);
            if (commands.get(i).spec() == configGet) {
                element = hidden(element);
            }
            rest.writeBytes(element);
            element.release();
        }
        exec.release();
        return rest;
    }

    /** Redis gives a name back as it was asked for, in whatever case. */
    private static boolean isSecret(ByteBuf name) {
        if (name.getByte(name.readerIndex()) != '$') {
            return false;
        }
        String bulk = name.toString(StandardCharsets.ISO_8859_1);
        int bodyAt = bulk.indexOf("\r\n") + 2;
        return bodyAt < bulk.length()
                && NAMES.contains(bulk.substring(bodyAt, bulk.length() - 2).toLowerCase(Locale.ROOT));
    }
}
