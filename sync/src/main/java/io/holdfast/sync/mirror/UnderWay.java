package io.holdfast.sync.mirror;

import io.holdfast.engine.keyspace.Watches.Watched;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes and fetches that have been sent and not answered, so that it is seen when two links write one key at once: the
 * order of those upstream is not ours to see, and puts the key in doubt. Owned by the engine loop.
 *
 * <p>Nearly always all writes under way are on one link, the lane, whose order is known. Then they stand in a queue and
 * nothing is kept for their keys; that costs a map entry a write only while several links write.
 *
 * <pre>
 *   lane     link 1:  SET a · INCR b · SET c                 no flights
 *   spread   link 1:  SET a · INCR b     link 2:  SET a      flights: a (2 writes, in doubt), b (1)
 * </pre>
 */
final class UnderWay {
    /** What is under way for one key. */
    static final class Flight {
        final Watched key;
        /** Of what was sent last: what is asked there next is answered behind it. */
        FetchPort link;
        /** Of the write that was sent last. */
        FetchPort writer;
        /** Unanswered, but for those in the lane's queue. */
        int writes;
        /** Several links write: the order is not known. */
        boolean inDoubt;
        /** The copy is wrong for sure: it has not what was acknowledged. */
        boolean lacking;

        boolean fetching;
        /** Something was sent on another link meanwhile: nobody knows whether the fetch has seen what that did. */
        boolean crossed;
        /** Who waits for it. */
        @Nullable Runnable whenOver;

        Flight(Watched key, FetchPort link) {
            this.key = key;
            this.link = link;
            this.writer = link;
        }

        boolean isOver() {
            return writes == 0 && !fetching;
        }

        /** Whether only another fetch, when it is over, can tell what the key is. */
        boolean isUnclear() {
            return inDoubt || crossed;
        }

        /** What is asked for now is behind everything. */
        void beginAnew() {
            inDoubt = false;
            crossed = false;
        }

        private void doubt() {
            inDoubt |= writes > 0;
            crossed |= fetching;
        }

        /** Something is about to be sent on {@code by}. */
        private void follow(FetchPort by) {
            crossed |= fetching && link != by;
            link = by;
        }

        private void write(FetchPort by) {
            follow(by);
            inDoubt |= writes > 0 && writer != by;
            writer = by;
        }

        private void ask(FetchPort by) {
            follow(by);
            crossed |= writes > 0 && writer != by;
        }
    }

    private final ArrayDeque<SentWrite> queue = new ArrayDeque<>();
    private @Nullable FetchPort lane;
    private final Map<Watched, Flight> flights = new HashMap<>();
    /** Writes that were given flights because several links write; while there are any, every write gets them. */
    private int spread;

    void clear() {
        queue.clear();
        flights.clear();
        lane = null;
        spread = 0;
    }

    /** A write has been sent. */
    void took(SentWrite write) {
        if (spread == 0 && (lane == write.link || queue.isEmpty())) {
            lane = write.link;
            queue.add(write);
            if (!flights.isEmpty()) {
                write.forEachKey(key -> {
                    Flight flight = flights.get(new Watched(write.db, key));
                    if (flight != null) {
                        flight.write(write.link);
                    }
                });
            }
        } else {
            spreadAll();
            spread++;
            write.isSpread = true;
            register(write);
        }
    }

    /** The next writes in the lane's queue, without taking them: at most as many as {@code into} holds. */
    int next(SentWrite[] into) {
        int count = 0;
        for (SentWrite write : queue) {
            if (count == into.length) {
                break;
            }
            into[count++] = write;
        }
        return count;
    }

    /** A write was answered, or never will be; true when the order of its key's writes cannot be known. */
    boolean landed(SentWrite write) {
        if (queue.peek() == write) {
            queue.poll();
        } else if (write.flights == null) {
            queue.remove(write); // its transaction was given up as a whole, or its client's link
        }
        if (write.isSpread) {
            write.isSpread = false;
            spread--;
        }
        boolean inDoubt = false;
        if (write.flights != null) {
            for (Flight flight : write.flights) {
                flight.writes--;
                inDoubt |= flight.inDoubt;
            }
        } else if (!flights.isEmpty()) {
            List<Flight> known = new ArrayList<>(1);
            write.forEachKey(key -> {
                Flight flight = flights.get(new Watched(write.db, key));
                if (flight != null) {
                    known.add(flight);
                }
            });
            for (Flight flight : known) {
                inDoubt |= flight.inDoubt;
            }
        }
        return inDoubt;
    }

    /** The key was written on a link of its own, nobody knows when: true when another write may have met that. */
    boolean doubt(Watched key) {
        count(key);
        Flight flight = find(key);
        if (flight != null) {
            flight.doubt();
        }
        return flight != null && flight.inDoubt;
    }

    /** Gives flights to those of the key's writes that stand in the lane's queue. */
    private void count(Watched key) {
        List<SentWrite> meeting = new ArrayList<>(0);
        for (SentWrite queued : queue) {
            if (queued.db == key.db()) {
                queued.forEachKey(its -> {
                    if (its.equals(key.key()) && !meeting.contains(queued)) {
                        meeting.add(queued);
                    }
                });
            }
        }
        for (SentWrite queued : meeting) {
            queue.remove(queued);
            register(queued);
        }
    }

    /** Whether a write of the key stands in the lane's queue. */
    boolean isWritten(Watched key) {
        boolean[] met = {false};
        for (SentWrite queued : queue) {
            if (queued.db == key.db()) {
                queued.forEachKey(its -> met[0] |= its.equals(key.key()));
            }
        }
        return met[0];
    }

    /** All keys were written at once: whatever is under way may have met that. */
    void doubtAll() {
        flights.values().forEach(Flight::doubt);
    }

    void forEach(Consumer<Watched> visitor) {
        flights.keySet().forEach(visitor);
    }

    void forEachFlight(Consumer<Flight> visitor) {
        flights.values().forEach(visitor);
    }

    /** Every key of a write under way, some perhaps several times. */
    void forEachWritten(Consumer<Watched> visitor) {
        queue.forEach(write -> write.forEachKey(key -> visitor.accept(new Watched(write.db, key))));
        for (Flight flight : flights.values()) {
            if (flight.writes > 0) {
                visitor.accept(flight.key);
            }
        }
    }

    boolean isEmpty() {
        return flights.isEmpty();
    }

    @Nullable Flight find(Watched key) {
        return flights.isEmpty() ? null : flights.get(key);
    }

    private Flight flight(FetchPort link, Watched key) {
        Flight flight = flights.get(key);
        if (flight == null) {
            flight = new Flight(key, link);
            flights.put(key, flight);
        }
        return flight;
    }

    /** The key's flight, for asking for it on {@code link}, on which nothing of it is unanswered unless on that alone. */
    Flight flightBehind(FetchPort link, Watched key) {
        Flight flight = flight(link, key);
        flight.ask(link);
        return flight;
    }

    /**
     * As {@link #flightBehind}, for what is not asked behind a write of the key on {@code link}: writes that are queued on
     * another may be carried out before it or after it.
     */
    Flight flightBeside(FetchPort link, Watched key) {
        if (lane != link && !queue.isEmpty()) {
            count(key);
        }
        return flightBehind(link, key);
    }

    void removeIfOver(Flight flight) {
        if (flight.isOver() && flights.remove(flight.key, flight) && flight.whenOver != null) {
            flight.whenOver.run();
        }
    }

    private void register(SentWrite write) {
        List<Flight> its = new ArrayList<>(1);
        write.forEachKey(key -> {
            Flight flight = flight(write.link, new Watched(write.db, key));
            flight.write(write.link);
            flight.writes++;
            its.add(flight);
        });
        write.flights = its;
    }

    private void spreadAll() {
        for (SentWrite queued : queue) {
            spread++;
            queued.isSpread = true;
            register(queued);
        }
        queue.clear();
        lane = null;
    }
}
