package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The names of scripts: SHA-1 in 40 lower-case letters. Any thread. */
final class Sha1 {
    private Sha1() {}

    static String hex(Bytes text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-1", e);
        }
    }
}
