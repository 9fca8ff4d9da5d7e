/** The sub-commands of the command line, tried on running servers. */
@NullMarked
package io.holdfast.proxy.admin.cli;

import org.jspecify.annotations.NullMarked;
