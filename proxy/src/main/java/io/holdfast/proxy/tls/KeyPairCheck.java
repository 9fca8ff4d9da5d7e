package io.holdfast.proxy.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/** Whether a key is a certificate's: TLS looks no sooner than when somebody connects, who is then refused. Stateless. */
final class KeyPairCheck {
    private static final byte[] SIGNED = "holdfast".getBytes(StandardCharsets.US_ASCII);
    /** PKCS#8 (RFC 7468, sections 10 and 11). */
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN (ENCRYPTED )?PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END");

    private static final String BY_PARAMETERS = "PBES2";
    private static final String BY_PARAMETERS_ID = "1.2.840.113549.1.5.13";

    private KeyPairCheck() {}

    /**
     * Signs with the one and verifies with the other.
     *
     * @param password null: the key is not encrypted
     * @throws IOException when they are not of one pair, or cannot be read
     */
    static void require(Path certificate, Path key, @Nullable String password) throws IOException {
        try {
            PublicKey known = publicKey(certificate);
            Matcher pem = KEY.matcher(Files.readString(key, StandardCharsets.ISO_8859_1));
            boolean isRead = pem.find();
            if (isRead && !arePair(known, pkcs8(pem, password))) {
                throw new IOException("the key " + key + " is not that of the certificate " + certificate);
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "the certificate " + certificate + " with the key " + key + " cannot be used: " + e.getMessage(),
                    e);
        }
    }

    /** Whether a password is asked for: in PKCS#8 its label says so, in older files a header (RFC 1421). */
    static boolean isEncrypted(Path key) throws IOException {
        return Files.readString(key, StandardCharsets.ISO_8859_1).contains("ENCRYPTED");
    }

    private static PublicKey publicKey(Path certificate) throws IOException, GeneralSecurityException {
        try (InputStream chain = Files.newInputStream(certificate)) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(chain)
                    .getPublicKey();
        }
    }

    private static PKCS8EncodedKeySpec pkcs8(Matcher pem, @Nullable String password)
            throws IOException, GeneralSecurityException {
        byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
        if (pem.group(1) == null || password == null) {
            return new PKCS8EncodedKeySpec(der);
        }
        var encrypted = new EncryptedPrivateKeyInfo(der);
        String name = encrypted.getAlgName();
        // The JDK names the whole scheme only in the parameters' text.
        String scheme = name.equals(BY_PARAMETERS) || name.equals(BY_PARAMETERS_ID)
                ? encrypted.getAlgParameters().toString()
                : name;
        var cipher = Cipher.getInstance(scheme);
        cipher.init(
                Cipher.DECRYPT_MODE,
                SecretKeyFactory.getInstance(scheme).generateSecret(new PBEKeySpec(password.toCharArray())),
                encrypted.getAlgParameters());
        return encrypted.getKeySpec(cipher);
    }

    private static boolean arePair(PublicKey known, PKCS8EncodedKeySpec key) throws GeneralSecurityException {
        PrivateKey ours;
        try {
            ours = KeyFactory.getInstance(known.getAlgorithm()).generatePrivate(key);
        } catch (InvalidKeySpecException e) {
            return false; // one of another kind
        }
        Signature signature = Signature.getInstance(
                switch (known.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> known.getAlgorithm(); // EdDSA, which is both
                });
        signature.initSign(ours);
        signature.update(SIGNED);
        byte[] signed = signature.sign();
        signature.initVerify(known);
        signature.update(SIGNED);
        return signature.verify(signed);
    }
}
