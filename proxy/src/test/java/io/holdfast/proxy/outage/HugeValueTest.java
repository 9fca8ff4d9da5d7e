package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RealRedis;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values as long as Redis takes them are answered as by Redis, and survive a kill; a byte more is refused and leaves nothing.
 * Needs some gigabytes of memory.
 */
@Tag("soak")
class HugeValueTest {
    private static final int LONGEST = 512 * 1024 * 1024;
    private static final byte[] CHUNK = new byte[1 << 20];

    static {
        Arrays.fill(CHUNK, (byte) 'x');
    }

    @Test
    void valuesOfHalfAGigabyteAreAnsweredAsByRedisAndSurviveAKill(@TempDir Path dir)
            throws IOException, InterruptedException {
        Path config = Files.writeString(dir.resolve("config.json"), "{}");
        try (var redis = RealRedis.start();
                var holdfast = HoldfastProcess.standalone(HoldfastProgram.get().withHeap("3g"), dir, config)) {
            try (var theirs = new Wire(redis.port());
                    var ours = new Wire(holdfast.port())) {
                for (String line : new String[] {
                    "SETRANGE far 536870911 x",
                    "SETRANGE far 536870912 x",
                    "SETRANGE far 536870911 xy",
                    "APPEND far y",
                    "STRLEN far",
                    "GETRANGE far -3 -1",
                    "BITCOUNT far",
                    "BITPOS far 1",
                    "DEL far",
                    "SETBIT bits 4294967295 1",
                    "SETBIT bits 4294967296 1",
                    "BITFIELD bits SET u8 #536870911 7 GET u4 4294967288",
                    "BITFIELD bits SET u8 #536870912 7",
                    "STRLEN bits",
                    "BITOP NOT inverse bits",
                    "STRLEN inverse",
                    "DEL inverse bits"
                }) {
                    assertThat(ours.ask(line)).as(line).isEqualTo(theirs.ask(line));
                }
                assertThat(ours.set("huge", LONGEST)).isEqualTo(theirs.set("huge", LONGEST));
                for (String line : new String[] {
                    "STRLEN huge",
                    "APPEND huge x",
                    "SETRANGE huge 536870911 yz",
                    "SETRANGE huge 536870911 y",
                    "GETRANGE huge 536870909 -1",
                    "OBJECT ENCODING huge"
                }) {
                    assertThat(ours.ask(line)).as(line).isEqualTo(theirs.ask(line));
                }
                assertThat(ours.announce(LONGEST + 1)).isEqualTo(theirs.announce(LONGEST + 1));
                assertThat(ours.isClosed()).isTrue();
            }
            holdfast.kill();
            holdfast.restart();
            try (var ours = new Wire(holdfast.port())) {
                assertThat(ours.ask("STRLEN huge")).isEqualTo(":" + LONGEST);
                assertThat(ours.ask("GETRANGE huge 536870909 -1")).isEqualTo("$3\nxxy");
                assertThat(ours.ask("EXISTS far bits inverse")).isEqualTo(":0");
            }
        }
    }

    /** A connection that never holds what it sends. */
    private static final class Wire implements AutoCloseable {
        private final Socket socket;
        private final OutputStream out;
        private final InputStream in;

        Wire(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            out = socket.getOutputStream();
            in = new BufferedInputStream(socket.getInputStream());
        }

        String ask(String line) throws IOException {
            out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            return reply();
        }

        String set(String key, int bytes) throws IOException {
            out.write(("*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + bytes + "\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            for (int left = bytes; left > 0; left -= CHUNK.length) {
                out.write(CHUNK, 0, Math.min(left, CHUNK.length));
            }
            out.write("\r\n".getBytes(StandardCharsets.UTF_8));
            return reply();
        }

        String announce(int bytes) throws IOException {
            out.write(("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + bytes + "\r\n").getBytes(StandardCharsets.UTF_8));
            return reply();
        }

        boolean isClosed() throws IOException {
            return in.read() < 0;
        }

        private String reply() throws IOException {
            String first = line();
            return switch (first.charAt(0)) {
                case '$' -> first.equals("$-1") ? first : first + "\n" + line();
                case '*' -> {
                    var all = new StringBuilder(first);
                    for (int i = Integer.parseInt(first.substring(1)); i > 0; i--) {
                        all.append('\n').append(reply());
                    }
                    yield all.toString();
                }
                default -> first;
            };
        }

        private String line() throws IOException {
            var line = new ByteArrayOutputStream();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("closed after " + line);
                }
                line.write(c);
            }
            return line.toString(StandardCharsets.ISO_8859_1).replace("\r", "");
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
