package io.holdfast.proxy.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The PEM files that TLS is made of. Prints without the key's password.
 *
 * @param certificate ours, its chain behind it; null: we show none
 * @param key its private key, PKCS#8
 * @param keyPassword of the key, if it is encrypted; null: it is not
 * @param authorities certificates of those whose signature we believe; null: none given
 * @param authoritiesDirectory more of them, a file each
 */
public record TlsFiles(
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable String keyPassword,
        @Nullable Path authorities,
        @Nullable Path authoritiesDirectory) {
    public static final TlsFiles NONE = new TlsFiles(null, null, null, null, null);

    /** BoringSSL where it can be loaded: it shakes hands and encrypts several times as fast as the JDK's own. */
    static SslProvider provider() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    }

    boolean hasAuthorities() {
        return authorities != null || authoritiesDirectory != null;
    }

    /**
     * A server's context with our certificate.
     *
     * @throws IOException when a file cannot be read; the message names it
     */
    SslContextBuilder forServer() throws IOException {
        if (certificate == null || key == null) {
            throw new IOException("a certificate and its key are needed");
        }
        try (InputStream chain = read(certificate);
                InputStream secret = read(key)) {
            String password = passwordOf(key);
            SslContextBuilder builder = SslContextBuilder.forServer(chain, secret, password);
            KeyPairCheck.require(certificate, key, password);
            return builder;
        } catch (IllegalArgumentException e) {
            throw unusable(e);
        }
    }

    /**
     * A client's context, with our certificate if there is one.
     *
     * @throws IOException when a file cannot be read; the message names it
     */
    SslContextBuilder forClient() throws IOException {
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (certificate == null || key == null) {
            return builder;
        }
        try (InputStream chain = read(certificate);
                InputStream secret = read(key)) {
            String password = passwordOf(key);
            builder.keyManager(chain, secret, password);
            KeyPairCheck.require(certificate, key, password);
            return builder;
        } catch (IllegalArgumentException e) {
            throw unusable(e);
        }
    }

    /** As in Redis, one that is given for a key that is not encrypted is not asked for. */
    private @Nullable String passwordOf(Path file) throws IOException {
        return keyPassword != null && KeyPairCheck.isEncrypted(file) ? keyPassword : null;
    }

    private IOException unusable(IllegalArgumentException cause) {
        return new IOException(
                "the certificate " + certificate + " with the key " + key + " cannot be used: " + cause.getMessage()
                        + "; both are PEM, the key PKCS#8 (openssl pkcs8 -topk8 makes it that)",
                cause);
    }

    /** @throws IOException when a file cannot be read or holds no certificate */
    X509Certificate[] trusted() throws IOException {
        List<X509Certificate> trusted = new ArrayList<>();
        if (authorities != null) {
            addCertificates(authorities, trusted);
        }
        if (authoritiesDirectory != null) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(authoritiesDirectory, Files::isRegularFile)) {
                for (Path file : files) {
                    addCertificates(file, trusted);
                }
            }
        }
        if (trusted.isEmpty()) {
            throw new IOException(
                    "there is no certificate in " + (authorities == null ? authoritiesDirectory : authorities));
        }
        return trusted.toArray(X509Certificate[]::new);
    }

    private static void addCertificates(Path file, List<X509Certificate> to) throws IOException {
        try (InputStream in = read(file)) {
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                to.add((X509Certificate) certificate);
            }
        } catch (CertificateException e) {
            throw new IOException(file + " holds no certificates in PEM: " + e.getMessage(), e);
        }
    }

    private static InputStream read(Path file) throws IOException {
        try {
            return Files.newInputStream(file);
        } catch (IOException e) {
            throw new IOException("cannot read " + file + ": " + e.getClass().getSimpleName(), e);
        }
    }

    /** When each was last written; what is not there is not in it. */
    Map<Path, FileTime> written() throws IOException {
        Map<Path, FileTime> written = new TreeMap<>();
        for (Path file : new Path[] {certificate, key, authorities, authoritiesDirectory}) {
            if (file != null && Files.exists(file)) {
                written.put(file, Files.getLastModifiedTime(file));
            }
        }
        return written;
    }

    @Override
    public String toString() {
        return "certificate " + certificate + ", key " + key + ", authorities "
                + (authorities != null
                        ? authorities
                        : authoritiesDirectory != null ? authoritiesDirectory : "of the JDK");
    }
}
