package io.holdfast.proxy.simulation;

import io.holdfast.proxy.routing.Phase;
import io.holdfast.resp.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One run by one seed: clients, faults, then peace, and what must be true all the while and at the end. */
final class Simulation {
    private static final int CLIENTS = 4;
    private static final long FAULTS_MS = 3_000;
    private static final long PEACE_MS = 60_000;
    private static final long SETTLING_MS = 2_000;
    /** A reply may be waited for as long as the upstream is given, then a hand-over may hold the writer, then once more. */
    private static final long BOUND_MS = 3 * World.TIMEOUT_MS + 300;

    /** While the upstream is in charge: the time for a reply, and what it takes to see that it is over. */
    private static final long ONLINE_BOUND_MS = World.TIMEOUT_MS + 50;

    private final long seed;
    private final Schedule schedule;
    private final World world;
    private final Ledger ledger;
    private final List<Client> clients = new ArrayList<>();
    private final Stranger stranger;
    private final Operator operator;
    private final Faults faults;

    Simulation(long seed, Path directory) {
        this.seed = seed;
        schedule = new Schedule(seed);
        var watch = new Deferred();
        world = new World(schedule, directory, watch);
        ledger = new Ledger(world);
        watch.ledger = ledger;
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client("c" + i, world, ledger));
        }
        stranger = new Stranger(world, ledger);
        operator = new Operator(world);
        faults = new Faults(world, schedule.oneIn(2));
        ledger.onPhase(faults::phaseIs);
        ledger.onPhase(operator::phaseIs);
        ledger.onPhase(phase -> clients.forEach(client -> client.phaseIs(phase)));
    }

    Trace trace() {
        return schedule.trace();
    }

    Map<Faults.Fault, Integer> met() {
        return faults.met();
    }

    /** Which orders operators gave, and in which phases. */
    Map<Operator.Order, Set<Phase>> given() {
        return operator.given();
    }

    /** How many commands clients have sent. */
    int commands() {
        return ledger.commands();
    }

    /** How often the upstream was put in charge. */
    int onlines() {
        return ledger.onlines();
    }

    /** @throws AssertionError naming the invariant, the seed, and what happened last */
    void run() {
        try {
            world.startHoldfast();
            clients.forEach(schedule::add);
            schedule.add(faults);
            schedule.add(stranger);
            schedule.add(operator);
            schedule.afterEachAct(this::watch);
            act(schedule.nanos() + World.nanos(FAULTS_MS));
            faults.end();
            operator.leave();
            stranger.leave();
            clients.forEach(Client::leave);
            act(schedule.nanos() + World.nanos(Client.BRIEF_MS_MAX));
            makePeace();
            new Contents(ledger, world.redis()::ask).check();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "seed " + seed + " (-Dsoak.seed=" + seed + "): " + e.getMessage() + "\n"
                            + schedule.trace().end(),
                    e);
        } finally {
            world.end();
        }
    }

    private void watch() {
        ledger.checkHome();
        operator.check();
        clients.forEach(client -> client.checkBound(World.nanos(BOUND_MS), World.nanos(ONLINE_BOUND_MS)));
    }

    private void act(long untilNanos) {
        while (schedule.nanos() < untilNanos) {
            World.survive(() -> schedule.runUntil(() -> world.hasDead(), untilNanos));
            world.buryTheDead();
        }
    }

    private void makePeace() {
        long deadline = schedule.nanos() + World.nanos(PEACE_MS);
        boolean online = schedule.runUntil(
                () -> world.phase() == Phase.ONLINE
                        && operator.hasLeft()
                        && clients.stream().allMatch(Client::isAnswered)
                        && world.node().owed() == 0,
                deadline);
        Invariant.CONVERGES.check(
                online,
                "the upstream is not in charge: " + world.phase() + ", "
                        + world.node().machine().reason());
        ledger.keys("log:").forEach(key -> world.askHoldfast("LRANGE", key, "0", "-1"));
        act(schedule.nanos() + World.nanos(SETTLING_MS));
        world.askHoldfast("HOLDFAST", "OFFLINE");
        for (String key : ledger.keys("log:")) {
            Reply here = world.askHoldfast("LRANGE", key, "0", "-1");
            Reply there = world.redis().ask("LRANGE", key, "0", "-1");
            boolean goneThere = there.equals(Reply.EMPTY_ARRAY); // a read that finds nothing fetches nothing
            Invariant.CONVERGES.check(
                    here.equals(there) || key.endsWith(Stranger.PLACE) || goneThere,
                    key + " is " + world.node().knowledge(key) + " as " + here + ", and there it is " + there);
        }
    }

    /** The world is there before the ledger that hears of it. */
    private static final class Deferred implements Watch {
        @SuppressWarnings("NullAway.Init")
        private Ledger ledger;

        @Override
        public void started(io.holdfast.proxy.SimulatedNode node) {
            ledger.started(node);
        }

        @Override
        public void upstreamLost(List<io.holdfast.engine.exec.Journal.Entry> entries, boolean hasCursor) {
            ledger.upstreamLost(entries, hasCursor);
        }
    }
}
