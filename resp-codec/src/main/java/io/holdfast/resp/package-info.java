/** The Redis wire: where frames end, what values look like. Knows no command. */
@NullMarked
package io.holdfast.resp;

import org.jspecify.annotations.NullMarked;
