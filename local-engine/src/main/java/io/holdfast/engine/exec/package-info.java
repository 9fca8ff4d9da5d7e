/** How a command runs, and how what it changed is journaled. */
@NullMarked
package io.holdfast.engine.exec;

import org.jspecify.annotations.NullMarked;
