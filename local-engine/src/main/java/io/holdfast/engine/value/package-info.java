/** The data types as plain in-memory structures. They know neither keys nor clients. */
@NullMarked
package io.holdfast.engine.value;

import org.jspecify.annotations.NullMarked;
