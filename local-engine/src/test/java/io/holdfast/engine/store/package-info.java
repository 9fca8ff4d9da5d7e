/** Storage is closed, damaged, filled and read by others here, and always holds one whole state. */
@NullMarked
package io.holdfast.engine.store;

import org.jspecify.annotations.NullMarked;
