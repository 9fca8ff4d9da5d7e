package io.holdfast.engine.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CommandGeneratorTest {
    private static final Set<String> ALL = CommandGenerator.names();

    @Test
    void theSameSeedMakesTheSameCommands() {
        assertThat(commands(5, 2_000, ALL)).isEqualTo(commands(5, 2_000, ALL));
        assertThat(commands(5, 2_000, ALL)).isNotEqualTo(commands(6, 2_000, ALL));
    }

    @Test
    void everyCommandTurnsUp() {
        Set<String> made = new HashSet<>();
        commands(1, 20_000, ALL)
                .forEach(command -> made.add(command.get(0).latin1().toUpperCase(Locale.ROOT)));

        assertThat(made).containsAll(ALL);
    }

    @Test
    void onlyCommandsThatTheEngineHasAreMade() {
        Set<String> made = new HashSet<>();
        commands(1, 2_000, Set.of("GET", "HSET"))
                .forEach(command -> made.add(command.get(0).latin1()));

        assertThat(made).contains("GET", "HSET", "get", "GETx").doesNotContain("SET", "LPUSH");
    }

    private static List<List<Bytes>> commands(long seed, int count, Set<String> has) {
        var generator = new CommandGenerator(seed, has);
        var made = new ArrayList<List<Bytes>>();
        while (made.size() < count) {
            generator.next().forEach(command -> made.add(List.of(command)));
        }
        return made;
    }
}
