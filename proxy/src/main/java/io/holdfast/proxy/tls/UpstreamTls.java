package io.holdfast.proxy.tls;

import io.holdfast.sync.replay.Endpoint;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** TLS to the upstream, for links and for connections that wait. Safe on every thread. */
public final class UpstreamTls implements Endpoint.Encryption {
    private static final String HOST_NAMES_AS_IN_HTTPS = "HTTPS";

    /** How much of the upstream's certificate must be right. */
    public enum Verification {
        /** Signed by an authority that we believe, and for the name that we connect to. */
        FULL,
        /** Signed by an authority that we believe. */
        CA,
        /** Anything: whoever is in between can read and change everything. */
        NONE
    }

    /** One for links, one for sockets that wait: BoringSSL has no such sockets. */
    private record Contexts(SslContext links, JdkSslContext sockets) {}

    private final Verification verification;
    private final Reloading<Contexts> contexts;

    /**
     * Reads the files.
     *
     * @param files whose authorities stand in for those of the JDK where they are given
     * @throws IOException when they cannot be used; the message says which and why
     */
    public UpstreamTls(TlsFiles files, Verification verification) throws IOException {
        this.verification = verification;
        contexts = new Reloading<>("to the upstream", files, this::make);
    }

    private Contexts make(TlsFiles files) throws IOException {
        return new Contexts(context(files, TlsFiles.provider()), (JdkSslContext) context(files, SslProvider.JDK));
    }

    private SslContext context(TlsFiles files, SslProvider provider) throws IOException {
        SslContextBuilder builder =
                files.forClient().sslProvider(provider).endpointIdentificationAlgorithm(identification());
        if (verification == Verification.NONE) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else if (files.hasAuthorities()) {
            builder.trustManager(files.trusted());
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IOException("TLS to the upstream cannot be set up with " + files + ": " + e.getMessage(), e);
        }
    }

    private @Nullable String identification() {
        return verification == Verification.FULL ? HOST_NAMES_AS_IN_HTTPS : null;
    }

    /** For a link's pipeline, first in it. */
    public SslHandler handler(ByteBufAllocator allocator, String host, int port) {
        return contexts.current().links().newHandler(allocator, host, port);
    }

    @Override
    public Socket over(Socket connected, String host, int port) throws IOException {
        var socket = (SSLSocket)
                contexts.current().sockets().context().getSocketFactory().createSocket(connected, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm(identification());
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** Takes files that were written again; to be called now and then, where files may be read. */
    public void refresh() {
        contexts.refresh();
    }
}
