/** Scripts: a Lua 5.1 of Redis's make, the caches of scripts and libraries, and the budget they run under. */
@NullMarked
package io.holdfast.engine.script;

import org.jspecify.annotations.NullMarked;
