/** What operators ask and tell Holdfast itself. */
@NullMarked
package io.holdfast.proxy.admin;

import org.jspecify.annotations.NullMarked;
