@NullMarked
package io.holdfast.sync.journal;

import org.jspecify.annotations.NullMarked;
