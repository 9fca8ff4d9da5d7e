/** TLS to clients and to the upstream: contexts made of PEM files, and made anew when those change. */
@NullMarked
package io.holdfast.proxy.tls;

import org.jspecify.annotations.NullMarked;
