/** A whole server in front of a real redis-server that fails in every way. */
@NullMarked
package io.holdfast.proxy.outage;

import org.jspecify.annotations.NullMarked;
