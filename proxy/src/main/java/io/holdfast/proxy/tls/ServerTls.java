package io.holdfast.proxy.tls;

import io.holdfast.engine.config.Settings;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS to clients, by the parameters {@code tls-…} of redis.conf. Files may be written again, and others chosen by CONFIG SET,
 * while the server runs: new connections get them a moment later. Made on the loop that owns the settings; safe on every
 * thread then.
 */
public final class ServerTls {
    private static final List<String> FILES =
            List.of("tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-ca-cert-file", "tls-ca-cert-dir");
    private static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");

    private final ClientAuth clientAuth;
    private final List<String> protocols;
    /** Empty: those that the implementation holds to be good. */
    private final List<String> ciphers;

    private final Reloading<SslContext> context;

    /**
     * Reads the files.
     *
     * @throws IOException when something is missing or cannot be used; the message says what would be right
     */
    public ServerTls(Settings settings) throws IOException {
        clientAuth = switch (settings.value("tls-auth-clients")) {
            case "no" -> ClientAuth.NONE;
            case "optional" -> ClientAuth.OPTIONAL;
            default -> ClientAuth.REQUIRE;
        };
        List<String> versions = words(settings.value("tls-protocols"));
        protocols = versions.isEmpty() ? PROTOCOLS : versions;
        ciphers = words(settings.value("tls-ciphersuites"));
        ciphers.addAll(words(settings.value("tls-ciphers")));
        context = new Reloading<>("to clients", files(settings), this::make);
        for (String name : FILES) {
            settings.onChange(name, unused -> context.use(files(settings)));
        }
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>(List.of(text.trim().split("[ ,:]+")));
        words.remove("");
        return words;
    }

    private static TlsFiles files(Settings settings) {
        String password = settings.value("tls-key-file-pass");
        return new TlsFiles(
                path(settings, "tls-cert-file"),
                path(settings, "tls-key-file"),
                password.isEmpty() ? null : password,
                path(settings, "tls-ca-cert-file"),
                path(settings, "tls-ca-cert-dir"));
    }

    private static @Nullable Path path(Settings settings, String name) {
        String value = settings.value(name);
        return value.isEmpty() ? null : Path.of(value);
    }

    private SslContext make(TlsFiles files) throws IOException {
        if (files.certificate() == null || files.key() == null) {
            throw new IOException("tls-cert-file and tls-key-file are needed");
        }
        if (clientAuth != ClientAuth.NONE && !files.hasAuthorities()) {
            throw new IOException("clients must show certificates, and nothing says whose:"
                    + " give tls-ca-cert-file, or tls-auth-clients no");
        }
        SslContextBuilder builder = files.forServer()
                .sslProvider(TlsFiles.provider())
                .clientAuth(clientAuth)
                .protocols(protocols);
        if (!ciphers.isEmpty()) {
            builder.ciphers(ciphers, IdentityCipherSuiteFilter.INSTANCE);
        }
        if (clientAuth != ClientAuth.NONE) {
            builder.trustManager(files.trusted());
        }
        try {
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException("TLS cannot be set up with " + files + ": " + e.getMessage(), e);
        }
    }

    /** For a client's pipeline, first in it. */
    public SslHandler handler(ByteBufAllocator allocator) {
        return context.current().newHandler(allocator);
    }

    /** Takes files that are others now, or were written again; to be called now and then, where files may be read. */
    public void refresh() {
        context.refresh();
    }
}
