package io.holdfast.proxy;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signal HUP, by which daemons are told to read their configuration again. The JDK has it in a class that it calls
 * unsupported, so it is looked for by name. Stateless; what is called runs on a thread of the JVM's.
 */
final class HangUp {
    private static final Logger log = LoggerFactory.getLogger(HangUp.class);

    private HangUp() {}

    /** Calls {@code what} at each signal from now on; where there is no such signal, the log says so. */
    static void calls(Runnable what) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Method handle = signal.getMethod("handle", signal, handler);
            Object hangUp = signal.getConstructor(String.class).newInstance("HUP");
            Object before = handle.invoke(
                    null,
                    hangUp,
                    Proxy.newProxyInstance(
                            HangUp.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (self, method, arguments) -> method.getDeclaringClass() == handler
                                    ? run(what)
                                    : method.invoke(what, arguments)));
            if (handler.getField("SIG_IGN").get(null).equals(before)) {
                log.info(
                        "Signals HUP were set to be ignored when this process began, as nohup does: they stay so, and HOLDFAST"
                                + " CONFIG RELOAD reads the configuration again");
            }
        } catch (ReflectiveOperationException e) {
            Throwable cause = e.getCause();
            log.info("No configuration is read at a signal HUP here: {}", cause == null ? e : cause.getMessage());
        }
    }

    private static Object run(Runnable what) {
        what.run();
        return what;
    }
}
