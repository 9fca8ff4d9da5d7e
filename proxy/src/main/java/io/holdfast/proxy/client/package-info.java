/** Connected clients: their requests in, their replies out in order. */
@NullMarked
package io.holdfast.proxy.client;

import org.jspecify.annotations.NullMarked;
