/** The commands, one file a family: declarations first, then their functions. */
@NullMarked
package io.holdfast.engine.family;

import org.jspecify.annotations.NullMarked;
