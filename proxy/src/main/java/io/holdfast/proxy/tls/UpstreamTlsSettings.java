package io.holdfast.proxy.tls;

/**
 * How a {@code rediss://} upstream proves who it is, and we to it.
 *
 * @param files none: the JDK's authorities, and no certificate of ours
 */
public record UpstreamTlsSettings(TlsFiles files, UpstreamTls.Verification verification) {
    public static final UpstreamTlsSettings DEFAULT =
            new UpstreamTlsSettings(TlsFiles.NONE, UpstreamTls.Verification.FULL);
}
