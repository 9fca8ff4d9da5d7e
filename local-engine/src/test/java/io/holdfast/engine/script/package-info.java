/** Tests of scripts; most run here and on a real redis-server. */
@NullMarked
package io.holdfast.engine.script;

import org.jspecify.annotations.NullMarked;
