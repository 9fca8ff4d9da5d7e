/** What a command is: one declared row that router, engine, journal and documentation read. */
@NullMarked
package io.holdfast.engine.command;

import org.jspecify.annotations.NullMarked;
