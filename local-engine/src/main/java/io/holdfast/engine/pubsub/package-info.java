/** Channels, patterns, and who listens to them. */
@NullMarked
package io.holdfast.engine.pubsub;

import org.jspecify.annotations.NullMarked;
