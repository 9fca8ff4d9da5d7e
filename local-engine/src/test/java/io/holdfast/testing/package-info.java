/** What tests of every module need: a real Redis, a client of its wire, the engine in this process, a journal in memory. */
@NullMarked
package io.holdfast.testing;

import org.jspecify.annotations.NullMarked;
