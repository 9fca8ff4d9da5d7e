package io.holdfast.engine.profile;

/**
 * In what a value is counted or written, and how SQL makes one of the other: times by way of Unix milliseconds, money as
 * whole units. Spelled in small letters with hyphens in a profile.
 */
enum Unit {
    /** Seconds, milliseconds or ISO 8601, as it looks: writers do not agree. */
    TIME(Kind.TIME) {
        @Override
        String toBase(String x) {
            return "case when " + x + " glob '*[^0-9.]*' then " + ISO.toBase(x) + " when cast(" + x + " as real) >= "
                    + MILLISECONDS_FROM + " then cast(" + x + " as integer) else " + SECONDS.toBase(x) + " end";
        }

        @Override
        String fromBase(String ms) {
            throw new IllegalStateException("a column is not in '" + this + "'");
        }
    },
    SECONDS(Kind.TIME) {
        @Override
        String toBase(String x) {
            return "cast(round(cast(" + x + " as real) * 1000) as integer)";
        }

        @Override
        String fromBase(String ms) {
            return ms + " / 1000";
        }
    },
    MILLISECONDS(Kind.TIME) {
        @Override
        String toBase(String x) {
            return "cast(" + x + " as integer)";
        }

        @Override
        String fromBase(String ms) {
            return ms;
        }
    },
    /** {@code 2025-10-09T08:02:00Z}; a fraction of a second may be read. */
    ISO(Kind.TIME) {
        @Override
        String toBase(String x) {
            return "cast(round((julianday(" + x + ") - 2440587.5) * 86400000.0) as integer)";
        }

        @Override
        String fromBase(String ms) {
            return written("%Y-%m-%dT%H:%M:%SZ", ms);
        }
    },
    /** {@code 2025-10-09-08}; {@code 2025-10-09T08} may be read. */
    HOUR(Kind.TIME) {
        @Override
        String toBase(String x) {
            return ISO.toBase("substr(" + x + ", 1, 10) || ' ' || substr(" + x + ", 12, 2) || ':00'");
        }

        @Override
        String fromBase(String ms) {
            return written("%Y-%m-%d-%H", ms);
        }

        @Override
        String normal(String x) {
            return "substr(" + x + ", 1, 10) || '-' || substr(" + x + ", 12, 2)";
        }
    },
    /** {@code 2025-10-09}. */
    DAY(Kind.TIME) {
        @Override
        String toBase(String x) {
            return ISO.toBase(x);
        }

        @Override
        String fromBase(String ms) {
            return written("%Y-%m-%d", ms);
        }
    },
    /** {@code 20251009_080200}. */
    STAMP(Kind.TIME) {
        @Override
        String toBase(String x) {
            return ISO.toBase("substr(" + x + ", 1, 4) || '-' || substr(" + x + ", 5, 2) || '-' || substr(" + x
                    + ", 7, 2) || ' ' || substr(" + x + ", 10, 2) || ':' || substr(" + x + ", 12, 2) || ':' || substr("
                    + x + ", 14, 2)");
        }

        @Override
        String fromBase(String ms) {
            return written("%Y%m%d_%H%M%S", ms);
        }
    },
    DECIMAL(Kind.MONEY) {
        @Override
        String toBase(String x) {
            return "cast(" + x + " as real)";
        }

        @Override
        String fromBase(String whole) {
            return whole;
        }
    },
    CENTS(Kind.MONEY) {
        @Override
        String toBase(String x) {
            return "cast(" + x + " as real) / 100";
        }

        @Override
        String fromBase(String whole) {
            return whole + " * 100";
        }
    },
    /** A number with a point is decimal, one without is cents: one field, two writers. */
    CENTS_OR_DECIMAL(Kind.MONEY) {
        @Override
        String toBase(String x) {
            return "case when " + x + " glob '*[.eE]*' then cast(" + x + " as real) else cast(" + x
                    + " as real) / 100 end";
        }

        @Override
        String fromBase(String whole) {
            throw new IllegalStateException("a column is not in '" + this + "'");
        }
    };

    private enum Kind {
        TIME,
        MONEY
    }

    /** More seconds than that are beyond the year 5138, fewer milliseconds before 1973. */
    private static final String MILLISECONDS_FROM = "1e11";

    private final Kind kind;

    Unit(Kind kind) {
        this.kind = kind;
    }

    /** Milliseconds, or whole units of money, of a value in this unit. */
    abstract String toBase(String x);

    /** The other way; x is evaluated once. */
    abstract String fromBase(String x);

    /** The one way of writing where a unit can be read in several. */
    String normal(String x) {
        return x;
    }

    /** Whether a column can be in it. */
    boolean isWritten() {
        return this != TIME && this != CENTS_OR_DECIMAL;
    }

    boolean becomes(Unit other) {
        return kind == other.kind && other.isWritten();
    }

    /** SQL for a value {@code x} of this unit in another one. */
    String in(Unit other, String x) {
        return this == other ? normal(x) : "(" + other.fromBase("(" + toBase(x) + ")") + ")";
    }

    private static String written(String format, String ms) {
        return "strftime('" + format + "', " + ms + " / 1000.0, 'unixepoch')";
    }
}
