/** Status and operation by HTTP, as the observability system calls them: a translation to commands and back. */
@NullMarked
package io.holdfast.proxy.http;

import org.jspecify.annotations.NullMarked;
