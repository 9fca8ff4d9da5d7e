/** Pure rules of Redis: patterns, ranges, number formats, cursors. */
@NullMarked
package io.holdfast.engine.rule;

import org.jspecify.annotations.NullMarked;
