@NullMarked
package io.holdfast.sync.mirror;

import org.jspecify.annotations.NullMarked;
