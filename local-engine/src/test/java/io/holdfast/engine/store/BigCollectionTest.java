package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Collections of a hundred thousand elements: a change of one writes the row of one. */
class BigCollectionTest {
    private static final int ELEMENTS = 100_000;
    private static final int ARGUMENTS = 10_000;
    private static final long ROOM = 1L << 30;
    /** The row of the key, which is looked at and left as it is. */
    private static final long KEY_ROW = 1;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private BoundedEngine engine;

    @BeforeEach
    void open() {
        engine = BoundedEngine.open(directory, RedisVersion.STANDALONE, ROOM);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void oneFieldOfAHundredThousandWritesOneRow() {
        fill("HSET", true);
        assertRowsOf(1, "HSET", "big", "e50000", "changed");
        assertRowsOf(1, "HDEL", "big", "e49999");
    }

    @Test
    void oneMemberOfAHundredThousandWritesOneRow() {
        fill("SADD", false);
        assertRowsOf(1, "SADD", "big", "new");
        assertRowsOf(1, "SREM", "big", "e7");
    }

    @Test
    void oneScoreOfAHundredThousandWritesOneRow() {
        var elements = new ArrayList<String>();
        for (int i = 0; i < ELEMENTS; i++) {
            elements.add(Integer.toString(i));
            elements.add("e" + i);
        }
        add("ZADD", elements);
        assertRowsOf(1, "ZADD", "big", "1.5", "e50000");
        assertRowsOf(1, "ZREM", "big", "e3");
    }

    @Test
    void oneElementOfAHundredThousandWritesOneRow() {
        fill("RPUSH", false);
        assertRowsOf(1, "LSET", "big", Integer.toString(ELEMENTS / 2), "changed");
        assertRowsOf(1, "LPUSH", "big", "head");
        assertRowsOf(1, "RPOP", "big");
    }

    private void fill(String command, boolean withValues) {
        var elements = new ArrayList<String>();
        for (int i = 0; i < ELEMENTS; i++) {
            elements.add("e" + i);
            if (withValues) {
                elements.add("v" + i);
            }
        }
        add(command, elements);
    }

    private void add(String command, List<String> elements) {
        for (int from = 0; from < elements.size(); from += ARGUMENTS) {
            var args = new ArrayList<String>(List.of(command, "big"));
            args.addAll(elements.subList(from, Math.min(elements.size(), from + ARGUMENTS)));
            call(args.toArray(String[]::new));
        }
        engine.checkpoint();
        assertThat(engine.lastRows()).isGreaterThan(ELEMENTS);
    }

    private void assertRowsOf(long rows, String... command) {
        call(command);
        engine.checkpoint();
        assertThat(engine.lastRows()).as(String.join(" ", command)).isEqualTo(rows + KEY_ROW);
    }

    private void call(String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        engine.call(false, args);
    }
}
