/** Steps at which tests have the process crash, fail or stand still. */
@NullMarked
package io.holdfast.engine.failpoint;

import org.jspecify.annotations.NullMarked;
