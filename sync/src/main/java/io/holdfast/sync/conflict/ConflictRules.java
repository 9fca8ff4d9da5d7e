package io.holdfast.sync.conflict;

import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which policy holds for which key: that of the first pattern that matches, or the usual one. Immutable. */
public final class ConflictRules {
    public static final ConflictRules DEFAULT = new ConflictRules(ConflictPolicy.MERGE, Map.of());

    private record Rule(GlobPattern pattern, ConflictPolicy policy) {}

    private final ConflictPolicy usual;
    private final List<Rule> rules = new ArrayList<>();

    /** @param byPattern glob patterns as KEYS takes them, in the order in which they are tried */
    public ConflictRules(ConflictPolicy usual, Map<String, ConflictPolicy> byPattern) {
        this.usual = usual;
        byPattern.forEach((pattern, policy) -> rules.add(new Rule(GlobPattern.of(Bytes.of(pattern)), policy)));
    }

    /** Of keys that no pattern matches. */
    public ConflictPolicy usual() {
        return usual;
    }

    public ConflictPolicy of(Bytes key) {
        for (Rule rule : rules) {
            if (rule.pattern.matches(key)) {
                return rule.policy;
            }
        }
        return usual;
    }
}
