/** Files in the data directory that are written for others and never read: logs of what keys held. */
@NullMarked
package io.holdfast.proxy.files;

import org.jspecify.annotations.NullMarked;
