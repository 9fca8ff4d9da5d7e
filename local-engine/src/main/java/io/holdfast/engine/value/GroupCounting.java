package io.holdfast.engine.value;

/** How it is told what a group has been given of its stream, and what not yet, where entries were deleted or trimmed. */
public enum GroupCounting {
    /** As Redis 7 does. */
    UP_TO_7,
    /** As Redis 8 does: a group that has come to none of the entries that are left lacks all of them. */
    SINCE_8
}
