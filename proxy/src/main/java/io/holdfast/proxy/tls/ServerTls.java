package io.holdfast.proxy.tls;

import io.holdfast.engine.config.Settings;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS to clients, by the parameters {@code tls-…} of redis.conf. Files may be written again, and others chosen by CONFIG SET,
 * while the server runs: new connections get them, at once those chosen, a moment later those written again. What cannot be used is
 * refused. Made on the loop that owns the settings; safe on every thread then.
 */
public final class ServerTls {
    private static final Set<String> PARAMETERS = Set.of(
            "tls-cert-file",
            "tls-key-file",
            "tls-key-file-pass",
            "tls-ca-cert-file",
            "tls-ca-cert-dir",
            "tls-auth-clients",
            "tls-protocols",
            "tls-ciphers",
            "tls-ciphersuites");
    private static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");

    /** @param ciphers empty: those that the implementation holds to be good */
    private record Terms(ClientAuth clientAuth, List<String> protocols, List<String> ciphers) {
        static Terms of(Settings settings) {
            ClientAuth clientAuth = switch (settings.value("tls-auth-clients")) {
                case "no" -> ClientAuth.NONE;
                case "optional" -> ClientAuth.OPTIONAL;
                default -> ClientAuth.REQUIRE;
            };
            List<String> versions = words(settings.value("tls-protocols"));
            List<String> ciphers = words(settings.value("tls-ciphersuites"));
            ciphers.addAll(words(settings.value("tls-ciphers")));
            return new Terms(clientAuth, versions.isEmpty() ? PROTOCOLS : versions, ciphers);
        }
    }

    private Terms terms; // changed and read under this object's lock
    private final Reloading<SslContext> context;

    /**
     * Reads the files.
     *
     * @throws IOException when something is missing or cannot be used; the message says what would be right
     */
    public ServerTls(Settings settings) throws IOException {
        terms = Terms.of(settings);
        context = new Reloading<>("to clients", files(settings), this::make);
        settings.onAgreement(PARAMETERS, () -> change(settings));
    }

    /**
     * CONFIG SET has changed something. Some small files are read on the loop for it, as Redis does: the client hears whether
     * they are any good.
     */
    private synchronized void change(Settings settings) {
        Terms before = terms;
        terms = Terms.of(settings);
        try {
            context.adopt(files(settings));
        } catch (IOException e) {
            terms = before;
            throw new IllegalArgumentException(
                    "TLS stays as it is: " + String.valueOf(e.getMessage()).replace('\n', ' '), e);
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
        Terms now = terms;
        if (files.certificate() == null || files.key() == null) {
            throw new IOException("tls-cert-file and tls-key-file are needed");
        }
        if (now.clientAuth != ClientAuth.NONE && !files.hasAuthorities()) {
            throw new IOException("clients must show certificates, and nothing says whose:"
                    + " give tls-ca-cert-file, or tls-auth-clients no");
        }
        SslContextBuilder builder = files.forServer()
                .sslProvider(TlsFiles.provider())
                .clientAuth(now.clientAuth)
                .protocols(now.protocols);
        if (!now.ciphers.isEmpty()) {
            builder.ciphers(now.ciphers, IdentityCipherSuiteFilter.INSTANCE);
        }
        if (now.clientAuth != ClientAuth.NONE) {
            builder.trustManager(files.trusted());
        }
        try {
            SslContext made = builder.build();
            // BoringSSL looks at the names of protocols for a connection only.
            ReferenceCountUtil.release(made.newEngine(ByteBufAllocator.DEFAULT));
            return made;
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException("TLS cannot be set up with " + files + ": " + e.getMessage(), e);
        }
    }

    /** For a client's pipeline, first in it. */
    public SslHandler handler(ByteBufAllocator allocator) {
        return context.current().newHandler(allocator);
    }

    /** Takes files that are others now, or were written again; to be called now and then, where files may be read. */
    public synchronized void refresh() {
        context.refresh();
    }
}
