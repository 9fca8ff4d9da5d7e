@NullMarked
package io.holdfast.proxy.config;

import org.jspecify.annotations.NullMarked;
