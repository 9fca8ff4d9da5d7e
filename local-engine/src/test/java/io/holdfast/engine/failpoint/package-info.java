/** Tests of {@link io.holdfast.engine.failpoint}. */
@NullMarked
package io.holdfast.engine.failpoint;

import org.jspecify.annotations.NullMarked;
