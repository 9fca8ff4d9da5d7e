/** Connections to the upstream Redis. */
@NullMarked
package io.holdfast.proxy.upstream;

import org.jspecify.annotations.NullMarked;
