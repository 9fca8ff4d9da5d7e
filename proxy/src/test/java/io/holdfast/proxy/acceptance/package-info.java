/** The workload of the observability system through an outage, as recorded. */
@NullMarked
package io.holdfast.proxy.acceptance;

import org.jspecify.annotations.NullMarked;
