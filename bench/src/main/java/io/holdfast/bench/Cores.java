package io.holdfast.bench;

import java.io.IOException;
import java.util.List;

/** Which of this machine's cores programs may use, by {@code taskset} of util-linux; threads that they start later are included. */
final class Cores {
    private static final String TASKSET = "taskset";

    private Cores() {}

    /** Whether there are several, and they can be told apart. */
    static boolean canBeGiven() throws IOException {
        if (Runtime.getRuntime().availableProcessors() < 2) {
            return false;
        }
        try {
            return run(List.of(TASKSET, "--version")) == 0;
        } catch (IOException e) {
            return false; // it is not installed
        }
    }

    /**
     * Gives a program some of them, and takes the others away.
     *
     * @param cores as taskset has them: 0 or 1-3
     */
    static void give(long pid, String cores) throws IOException {
        int code = run(List.of(TASKSET, "--all-tasks", "--cpu-list", "--pid", cores, Long.toString(pid)));
        if (code != 0) {
            throw new IOException("taskset gave process " + pid + " no core of " + cores + ": it ended with " + code);
        }
    }

    private static int run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
