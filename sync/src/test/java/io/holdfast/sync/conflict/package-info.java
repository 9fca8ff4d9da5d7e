@NullMarked
package io.holdfast.sync.conflict;

import org.jspecify.annotations.NullMarked;
