/** Sub-commands of the command line that are not the server. */
@NullMarked
package io.holdfast.proxy.admin.cli;

import org.jspecify.annotations.NullMarked;
