/** Who answers a command now, and when that changes. */
@NullMarked
package io.holdfast.proxy.routing;

import org.jspecify.annotations.NullMarked;
