/** Whether others changed upstream what was changed here too, and who wins: what is replayed is decided here. */
@NullMarked
package io.holdfast.sync.conflict;

import org.jspecify.annotations.NullMarked;
