/** What can be configured: one table of settings, and how flags, environment and file become its values. */
@NullMarked
package io.holdfast.proxy.config;

import org.jspecify.annotations.NullMarked;
