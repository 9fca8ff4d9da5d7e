package io.holdfast.engine.rule;

import io.holdfast.resp.Bytes;

/**
 * A glob pattern as Redis matches it: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]}, {@code \x}. Matching takes no
 * recursion, and no pattern takes exponential time (CVE-2022-36021). Immutable.
 */
public final class GlobPattern {
    /** A text that needs more steps than this (some tens of milliseconds) counts as no match. */
    static final int STEPS_MAX = 1 << 24;

    private final byte[] pattern;
    private final boolean ignoresCase;
    /** The bytes of the text that must stand first, before any special character. */
    private final int prefixLength;

    private GlobPattern(byte[] pattern, boolean ignoresCase) {
        this.pattern = pattern;
        this.ignoresCase = ignoresCase;
        this.prefixLength = ignoresCase ? 0 : literalPrefix(pattern);
    }

    /** As KEYS, SCAN MATCH and PSUBSCRIBE match. */
    public static GlobPattern of(Bytes pattern) {
        return new GlobPattern(pattern.array(), false);
    }

    /** As CONFIG GET matches: an ASCII letter's case makes no difference. */
    public static GlobPattern ignoringCase(Bytes pattern) {
        return new GlobPattern(pattern.array(), true);
    }

    /** True for {@code *} alone, which KEYS and SCAN do not even compare: it also takes the empty key. */
    public boolean matchesEverything() {
        return pattern.length == 1 && pattern[0] == '*';
    }

    /** True where the whole of {@code text} matches. */
    public boolean matches(Bytes text) {
        if (matchesEverything()) {
            return true;
        }
        byte[] bytes = text.array();
        if (bytes.length < prefixLength || !startsWithPrefix(bytes)) {
            return false;
        }
        if (prefixLength == pattern.length) {
            return bytes.length == prefixLength;
        }
        return matches(bytes, prefixLength, prefixLength);
    }

    /** What every text that matches begins with. */
    public Bytes prefix() {
        return Bytes.copyOf(pattern, 0, prefixLength);
    }

    /**
     * Walks pattern and text together. After a mismatch only the last {@code *} needs to take one byte more: an earlier
     * one that took more could not match what the last one could not.
     */
    private boolean matches(byte[] text, int patternFrom, int textFrom) {
        int p = patternFrom;
        int t = textFrom;
        int retryPattern = -1;
        int retryText = -1;
        if (t == text.length) {
            return p > 0 && onlyStars(p); // Redis compares nothing with an empty text, not even a star
        }
        for (int steps = 0; steps < STEPS_MAX; steps++) {
            if (p < pattern.length && pattern[p] == '*') {
                while (p < pattern.length && pattern[p] == '*') {
                    p++;
                }
                if (p == pattern.length) {
                    return true;
                }
                retryPattern = p;
                retryText = t;
            }
            int next = p < pattern.length ? step(p, text[t]) : -1;
            if (next >= 0) {
                p = next;
                t++;
                if (t == text.length && onlyStars(p)) {
                    return true;
                }
            } else if (retryPattern >= 0) {
                p = retryPattern;
                t = ++retryText;
            } else {
                return false;
            }
            if (t == text.length) {
                return false; // every later try has even less text left
            }
        }
        return false;
    }

    /** Where the pattern goes on after the element at {@code p} has taken {@code b}, or -1 where it does not take it. */
    private int step(int p, byte b) {
        return switch (pattern[p]) {
            case '?' -> p + 1;
            case '[' -> stepClass(p + 1, b);
            case '\\' -> {
                int literal = p + 1 < pattern.length ? p + 1 : p;
                yield same(pattern[literal], b) ? literal + 1 : -1;
            }
            default -> same(pattern[p], b) ? p + 1 : -1;
        };
    }

    /** A class that is never closed ends with the pattern; bytes compare as signed ones, as on Redis's x86. */
    private int stepClass(int from, byte b) {
        int p = from;
        boolean negated = p < pattern.length && pattern[p] == '^';
        if (negated) {
            p++;
        }
        boolean found = false;
        while (p < pattern.length) {
            if (pattern[p] == '\\' && p + 1 < pattern.length) {
                p++;
                found |= pattern[p] == b; // an escaped letter keeps its case, in Redis too
            } else if (pattern[p] == ']') {
                break;
            } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
                found |= between(pattern[p], pattern[p + 2], b);
                p += 2;
            } else {
                found |= same(pattern[p], b);
            }
            p++;
        }
        int next = Math.min(p + 1, pattern.length);
        return found != negated ? next : -1;
    }

    private boolean between(byte one, byte other, byte b) {
        int low = Math.min(one, other);
        int high = Math.max(one, other);
        if (!ignoresCase) {
            return b >= low && b <= high;
        }
        byte folded = Bytes.lower(b);
        return folded >= Bytes.lower((byte) low) && folded <= Bytes.lower((byte) high);
    }

    private boolean same(byte expected, byte b) {
        return expected == b || (ignoresCase && Bytes.lower(expected) == Bytes.lower(b));
    }

    private boolean onlyStars(int from) {
        for (int p = from; p < pattern.length; p++) {
            if (pattern[p] != '*') {
                return false;
            }
        }
        return true;
    }

    private boolean startsWithPrefix(byte[] text) {
        for (int i = 0; i < prefixLength; i++) {
            if (text[i] != pattern[i]) {
                return false;
            }
        }
        return true;
    }

    private static int literalPrefix(byte[] pattern) {
        int length = 0;
        while (length < pattern.length
                && pattern[length] != '*'
                && pattern[length] != '?'
                && pattern[length] != '['
                && pattern[length] != '\\') {
            length++;
        }
        return length;
    }

    @Override
    public String toString() {
        return Bytes.wrap(pattern).toString();
    }
}
