package io.holdfast.proxy.outage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.proxy.ProxyServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Somebody who asks a Holdfast by HTTP. Who gets no answer for so long that it hangs fails. */
final class HttpCaller {
    /** Longer than any answer takes, and shorter than the time-out of an upstream that is frozen. */
    private static final Duration HANGS = Duration.ofSeconds(10);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(HANGS)
            .build();
    private final String base;
    private @Nullable String authorization;

    HttpCaller(ProxyServer server) {
        base = "http://127.0.0.1:" + server.httpPort();
    }

    /** What is answered. */
    record Answer(int status, JsonNode body, HttpResponse<String> whole) {
        String error() {
            return body.path("error").asText();
        }
    }

    /** From now on it says who it is. */
    HttpCaller as(String header) {
        authorization = header;
        return this;
    }

    Answer get(String path) {
        return send(to(path).GET());
    }

    Answer post(String path) {
        return send(to(path).POST(HttpRequest.BodyPublishers.noBody()));
    }

    Answer post(String path, String json) {
        return send(method("POST", path, json));
    }

    Answer put(String path, String json) {
        return send(method("PUT", path, json));
    }

    Answer delete(String path) {
        return send(to(path).DELETE());
    }

    /** A request to be completed. */
    HttpRequest.Builder to(String path) {
        var request = HttpRequest.newBuilder(URI.create(base + path)).timeout(HANGS);
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return request;
    }

    HttpRequest.Builder method(String method, String path, String json) {
        return to(path).header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(json));
    }

    Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), JSON.readTree(response.body()), response);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Of an object's fields, in their order. */
    static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
