/** Keys, their values, their expiry, and who watches them. */
@NullMarked
package io.holdfast.engine.keyspace;

import org.jspecify.annotations.NullMarked;
