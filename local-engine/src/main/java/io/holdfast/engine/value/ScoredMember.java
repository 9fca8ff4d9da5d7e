package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;

/** A member of a sorted set with its score. */
public record ScoredMember(Bytes member, double score) {}
