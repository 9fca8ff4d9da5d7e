package io.holdfast.proxy.user;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** redis-cli at a terminal, with somebody who types and reads. For one test thread. */
final class Prompt implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String PROMPT = "> ";
    private static final String CURSOR_RIGHT = "\u001b\\[[0-9]+C";

    private final Process process;
    private final OutputStream keyboard;
    private final StringBuffer screen = new StringBuffer();

    private Prompt(int port, String options, Path home) throws IOException {
        Tool.need("script");
        // A terminal of a known width: redis-cli asks one without a width where its cursor is, and waits.
        String command = "stty rows 50 cols 200; exec redis-cli -p " + port + " " + options;
        var builder = new ProcessBuilder("script", "-qec", command, "/dev/null").redirectErrorStream(true);
        builder.environment().put("TERM", "xterm");
        builder.environment().put("HOME", home.toString()); // its history stays there
        process = builder.start();
        keyboard = process.getOutputStream();
        var reader = new Thread(this::read, "screen");
        reader.setDaemon(true);
        reader.start();
    }

    static Prompt open(int port, Path home) throws IOException {
        var prompt = new Prompt(port, "", home);
        prompt.awaitText(0, PROMPT);
        return prompt;
    }

    /** Runs it until the screen shows {@code wanted}; gives all that it has shown. */
    static String watch(int port, String options, String wanted, Path home) throws IOException {
        try (var prompt = new Prompt(port, options, home)) {
            prompt.awaitText(0, wanted);
            return prompt.screen.toString();
        }
    }

    private void read() {
        var bytes = new byte[4096];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                screen.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            screen.append(e);
        }
    }

    /** Types a line and gives what the screen shows from then to the next prompt. */
    String type(String line) throws IOException {
        int from = screen.length();
        keyboard.write((line + "\r").getBytes(StandardCharsets.ISO_8859_1));
        keyboard.flush();
        // Each key repaints the line; the one after the reply stands behind a new line.
        await(line).atMost(PATIENCE).pollInterval(5, TimeUnit.MILLISECONDS).until(() -> {
            String shown = screen.substring(from);
            int entered = shown.lastIndexOf(line);
            return entered >= 0 && shown.indexOf(PROMPT, shown.indexOf('\n', entered)) > 0 && ended(shown);
        });
        return screen.substring(from);
    }

    private static boolean ended(String shown) {
        return shown.replaceAll(CURSOR_RIGHT, "").strip().endsWith(PROMPT.strip());
    }

    /** Types without Enter and gives what the screen shows, once {@code wanted} stands there. */
    String hint(String begun, String wanted) throws IOException {
        int from = screen.length();
        keyboard.write(begun.getBytes(StandardCharsets.ISO_8859_1));
        keyboard.flush();
        awaitText(from, wanted);
        return screen.substring(from);
    }

    private void awaitText(int from, String wanted) {
        await(wanted)
                .atMost(PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> screen.substring(from).replace("\r\n", "\n").contains(wanted));
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
