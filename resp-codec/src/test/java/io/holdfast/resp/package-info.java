@NullMarked
package io.holdfast.resp;

import org.jspecify.annotations.NullMarked;
