/** Random commands to the engine and to a real redis-server: every reply, and what is left at the end, must be the same. */
@NullMarked
package io.holdfast.engine.differential;

import org.jspecify.annotations.NullMarked;
