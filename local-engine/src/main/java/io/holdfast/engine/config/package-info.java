/** What can be set of an engine, at start and at run time. */
@NullMarked
package io.holdfast.engine.config;

import org.jspecify.annotations.NullMarked;
