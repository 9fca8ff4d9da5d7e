package io.holdfast.resp;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How many heap bytes this thread has allocated since this was made. */
final class AllocatedBytes {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long before = threads.getCurrentThreadAllocatedBytes();

    long count() {
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
