package io.holdfast.proxy.routing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What the thread that made it logs in one class, at INFO and above, until it is closed: other tests log meanwhile. */
final class LoggedLines implements AutoCloseable {
    private final Thread maker = Thread.currentThread();
    private final List<String> lines = new ArrayList<>();
    private final Appender appender = new Appender();
    private final Logger logger;

    LoggedLines(Class<?> of) {
        logger = (Logger) LoggerFactory.getLogger(of);
        appender.start();
        logger.addAppender(appender);
    }

    /** Such as {@code WARN something is wrong}, oldest first. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
    }

    private final class Appender extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            if (Thread.currentThread() == maker && event.getLevel().isGreaterOrEqual(Level.INFO)) {
                lines.add(event.getLevel() + " " + event.getFormattedMessage());
            }
        }
    }
}
