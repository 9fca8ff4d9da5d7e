/** The server that clients connect to, and the one place that wires the modules together. */
@NullMarked
package io.holdfast.proxy;

import org.jspecify.annotations.NullMarked;
