/** Measures the whole against a real Redis, and keeps what the documents say in step with the code. */
@NullMarked
package io.holdfast.bench;

import org.jspecify.annotations.NullMarked;
