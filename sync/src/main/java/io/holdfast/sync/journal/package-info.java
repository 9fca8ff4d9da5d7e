/** The journal as segment files, the data directory that holds it, and sync.db: what replay must not forget. */
@NullMarked
package io.holdfast.sync.journal;

import org.jspecify.annotations.NullMarked;
