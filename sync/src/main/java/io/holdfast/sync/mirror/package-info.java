/** The warm copy of what clients touch upstream. */
@NullMarked
package io.holdfast.sync.mirror;

import org.jspecify.annotations.NullMarked;
