/** What a new user tries: redis-cli, redis-benchmark, client libraries, the launcher. */
@NullMarked
package io.holdfast.proxy.user;

import org.jspecify.annotations.NullMarked;
