package io.holdfast.engine.failpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is to happen at which steps. Safe on every thread. */
final class Failpoints {
    static final String PROPERTY = "holdfast.failpoint";
    static final String DIRECTORY = "holdfast.failpoint.dir";
    /** Nobody who forgets to delete the file leaves a thread standing for ever. */
    static final int PAUSE_MS_MAX = 60_000;

    private static final int PAUSE_LOOK_MS = 5;
    /** What a shell makes of SIGKILL: 128 and the signal's number. */
    private static final int KILLED = 137;

    private static final Logger log = LoggerFactory.getLogger(Failpoints.class);

    private enum Action {
        HALT,
        THROW,
        PAUSE
    }

    private record Armed(Action action, int hit, AtomicInteger passages) {}

    private final Map<Failpoint, Armed> armed = new EnumMap<>(Failpoint.class);
    private final @Nullable Path directory;

    private Failpoints(@Nullable Path directory) {
        this.directory = directory;
    }

    /**
     * Reads {@code NAME:ACTION[:HIT],…}.
     *
     * @param directory where steps that pause make their files; null: none may pause
     * @throws IllegalArgumentException saying what is wrong, and what would be right
     */
    static Failpoints parse(String text, @Nullable Path directory) {
        var failpoints = new Failpoints(directory);
        for (String one : text.split(",", -1)) {
            List<String> parts = Arrays.asList(one.strip().split(":", -1));
            if (parts.size() < 2 || parts.size() > 3) {
                throw wrong("'" + one + "' is not NAME:halt|throw|pause[:hit]");
            }
            Failpoint step = step(parts.get(0));
            Action action = action(parts.get(1));
            if (action == Action.PAUSE && directory == null) {
                throw wrong(step.word() + " can pause only where -D" + DIRECTORY + " names a directory");
            }
            var what = new Armed(action, parts.size() == 3 ? hit(parts.get(2)) : 1, new AtomicInteger());
            if (failpoints.armed.put(step, what) != null) {
                throw wrong(step.word() + " is there twice");
            }
        }
        return failpoints;
    }

    private static Failpoint step(String word) {
        return Arrays.stream(Failpoint.values())
                .filter(step -> step.word().equals(word))
                .findFirst()
                .orElseThrow(() -> wrong("there is no '" + word + "'; there are "
                        + Arrays.stream(Failpoint.values()).map(Failpoint::word).collect(Collectors.joining(", "))));
    }

    private static Action action(String word) {
        return switch (word) {
            case "halt" -> Action.HALT;
            case "throw" -> Action.THROW;
            case "pause" -> Action.PAUSE;
            default -> throw wrong("'" + word + "' is not halt, throw or pause");
        };
    }

    private static int hit(String number) {
        try {
            int hit = Integer.parseInt(number);
            if (hit > 0) {
                return hit;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw wrong("'" + number + "' is not a count of passages from 1 on");
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(PROPERTY + ": " + what);
    }

    void pass(Failpoint step) {
        Armed what = armed.get(step);
        if (what == null || what.passages.incrementAndGet() != what.hit) {
            return;
        }
        log.warn("Failpoint {}, passage {}: {}", step.word(), what.hit, what.action);
        switch (what.action) {
            case HALT -> Runtime.getRuntime().halt(KILLED);
            case THROW -> throw new FailpointException(step);
            case PAUSE -> pause(step);
        }
    }

    private void pause(Failpoint step) {
        if (directory == null) {
            throw new IllegalStateException("a pause without a directory was not refused");
        }
        Path file = directory.resolve(step.word());
        try {
            Files.createFile(file);
            for (int waitedMs = 0; Files.exists(file) && waitedMs < PAUSE_MS_MAX; waitedMs += PAUSE_LOOK_MS) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_LOOK_MS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.warn("Failpoint {} goes on", step.word());
    }
}
