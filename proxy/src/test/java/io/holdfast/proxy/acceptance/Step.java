package io.holdfast.proxy.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** One line of the workload; the fields are described in its README. */
record Step(JsonNode line) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static List<Step> all() {
        List<Step> steps = new ArrayList<>();
        try (var lines =
                new BufferedReader(new InputStreamReader(resource("workload.jsonl"), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null) {
                steps.add(new Step(JSON.readTree(line)));
                line = lines.readLine();
            }
            return steps;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the upstream must hold in the end, by key. */
    static JsonNode expectedKeys() {
        try (InputStream file = resource("workload.expected.json")) {
            return JSON.readTree(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(Step.class.getResourceAsStream("/acceptance/" + name), name);
    }

    boolean isUpstreamDown() {
        return line.path("net").asText().equals("upstream_down");
    }

    boolean isUpstreamUp() {
        return line.path("net").asText().equals("upstream_up");
    }

    long waitMs() {
        return line.path("wait_ms").asLong(0);
    }

    String connection() {
        return line.get("conn").asText();
    }

    RespVersion version() {
        return line.get("proto").asInt() == 3 ? RespVersion.RESP3 : RespVersion.RESP2;
    }

    Bytes[] command() {
        List<Bytes> command = new ArrayList<>();
        line.get("cmd").forEach(word -> command.add(Bytes.of(word.asText())));
        return command.toArray(Bytes[]::new);
    }

    boolean isAnyReply() {
        return line.path("any_reply").asBoolean();
    }

    boolean isScanAll() {
        return line.path("scan_all").asBoolean();
    }

    boolean isSorted() {
        return line.path("sort").asBoolean();
    }

    JsonNode expected(RespVersion version) {
        return line.get(version == RespVersion.RESP3 ? "reply3" : "reply2");
    }

    @Override
    public String toString() {
        String text = line.toString();
        return text.length() > 300 ? text.substring(0, 300) + "…" : text;
    }
}
