package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.command.Session.Queued;
import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What tracking clients read in transactions that run upstream: each is told of every change to it. CLIENT TRACKING and CACHING
 * among its commands are carried out here, after those upstream, so that it may be told of more than in Redis. Lives on
 * the engine loop.
 */
final class TransactionReads {
    private final LocalEngine engine;
    private final Set<CommandSpec> switches;

    TransactionReads(LocalEngine engine) {
        this.engine = engine;
        CommandSpec client = KnownCommands.row(engine, "CLIENT");
        this.switches = Stream.of("TRACKING", "CACHING")
                .map(word -> client.subcommand(Bytes.of(word)))
                .collect(Collectors.toUnmodifiableSet());
    }

    private boolean isSwitch(@Nullable CommandSpec spec) {
        return spec != null && switches.contains(spec);
    }

    /** Remembers what is about to be read upstream. */
    void remember(Session session, List<Queued> commands) {
        boolean mayHaveSwitched = false;
        for (Queued command : commands) {
            mayHaveSwitched |= isSwitch(command.spec());
            if (mayHaveSwitched && session.tracker().isOn()) {
                engine.rememberRead(session, command.spec(), command.args());
            } else {
                engine.remember(session, command.spec(), command.args());
            }
        }
    }

    /**
     * All of it has been carried out, some of it here.
     *
     * @param tracked whether the client did before: otherwise nobody may have heard of changes since
     */
    void done(Session session, List<Queued> commands, boolean tracked) {
        session.tracker().caching(false);
        boolean mayHaveSwitched = tracked;
        for (Queued command : commands) {
            mayHaveSwitched |= isSwitch(command.spec());
            if (mayHaveSwitched && !tracked) {
                engine.tellOutdated(session, command.spec(), command.args());
            }
        }
    }
}
