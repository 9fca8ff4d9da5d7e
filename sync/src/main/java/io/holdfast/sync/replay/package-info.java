/** What was written here while the upstream was away goes there, each effect once. */
@NullMarked
package io.holdfast.sync.replay;

import org.jspecify.annotations.NullMarked;
