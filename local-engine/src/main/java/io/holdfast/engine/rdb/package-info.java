/** Values as DUMP and RESTORE carry them: Redis's RDB format. */
@NullMarked
package io.holdfast.engine.rdb;

import org.jspecify.annotations.NullMarked;
