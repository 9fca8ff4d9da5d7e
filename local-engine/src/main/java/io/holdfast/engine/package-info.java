/** Redis commands on values in memory, durable through a journal and checkpoints. */
@NullMarked
package io.holdfast.engine;

import org.jspecify.annotations.NullMarked;
