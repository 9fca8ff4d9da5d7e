/** storage.db: readable tables as checkpoints of the keyspace. */
@NullMarked
package io.holdfast.engine.store;

import org.jspecify.annotations.NullMarked;
