package io.holdfast.engine.command;

/**
 * What the JVM's heap holds at one moment, in bytes.
 *
 * @param committed what the JVM has taken from the system for it
 * @param limit what it may take at most
 */
public record Heap(long used, long committed, long limit) {
    public static Heap now() {
        Runtime runtime = Runtime.getRuntime();
        long committed = runtime.totalMemory();
        return new Heap(committed - runtime.freeMemory(), committed, runtime.maxMemory());
    }
}
