/** Everything of Holdfast on one thread, by a clock and in an order that a seed decides. */
@NullMarked
package io.holdfast.proxy.simulation;

import org.jspecify.annotations.NullMarked;
