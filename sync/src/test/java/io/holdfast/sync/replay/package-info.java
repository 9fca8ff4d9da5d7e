@NullMarked
package io.holdfast.sync.replay;

import org.jspecify.annotations.NullMarked;
