package io.holdfast.proxy.client;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens once at the end of a loop's turn, as in Redis before it sleeps: requests are flushed upstream, the turn's
 * changes are committed as one record, and only then are the turn's replies let out. Lives on the engine loop.
 */
public final class TurnEnd implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(TurnEnd.class);

    /** How long replies wait for a connection that another loop is to close; milliseconds. */
    private static final long CLOSING_MS_MAX = 100;

    private final EventExecutor loop;
    private final Executor turnEnds;
    private final LocalEngine engine;
    private List<ClientHandler> clients = new ArrayList<>();
    private List<UpstreamLink> links = new ArrayList<>();
    private List<ClientHandler> spareClients = new ArrayList<>();
    private List<UpstreamLink> spareLinks = new ArrayList<>();
    private final List<ChannelFuture> closing = new ArrayList<>();
    private Runnable beforeFlush = () -> {};
    private Runnable afterCommit = () -> {};
    private boolean scheduled;
    private boolean failed;

    /** @param turnEnds runs a task once, when the loop's present turn is over */
    public TurnEnd(EventExecutor loop, Executor turnEnds, LocalEngine engine) {
        this.loop = loop;
        this.turnEnds = turnEnds;
        this.engine = engine;
    }

    /** The client has replies to be let out; called once a turn and client. */
    public void flush(ClientHandler client) {
        clients.add(client);
        schedule();
    }

    /** The link has requests to be put on the wire. */
    public void flush(UpstreamLink link) {
        links.add(link);
        schedule();
    }

    /** Runs {@code task} soon, and not in the middle of what is being done. */
    void later(Runnable task) {
        loop.execute(task);
    }

    /** What is to be done before the turn's requests go upstream; it may send more. */
    public void beforeFlush(Runnable task) {
        beforeFlush = task;
    }

    /** What is to be done whenever something was committed. */
    public void onCommit(Runnable task) {
        afterCommit = task;
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            turnEnds.execute(this);
        }
    }

    @Override
    public void run() {
        assert loop.inEventLoop();
        beforeFlush.run();
        scheduled = false;
        List<UpstreamLink> linksNow = links;
        links = spareLinks;
        spareLinks = new ArrayList<>(0); // a client that may go on begins a script, which ends turns of its own
        for (int i = 0; i < linksNow.size(); i++) {
            linksNow.get(i).flush();
        }
        linksNow.clear();
        spareLinks = linksNow;
        boolean durable = commit();
        List<ClientHandler> clientsNow = clients;
        clients = spareClients;
        spareClients = new ArrayList<>(0);
        for (int i = 0; i < clientsNow.size(); i++) {
            ClientHandler client = clientsNow.get(i);
            if (!closing.isEmpty() && !client.isCutOff()) {
                awaitClosing();
            }
            if (durable) {
                client.letOut();
            } else {
                client.refuseTurn();
            }
        }
        closing.clear();
        clientsNow.clear();
        spareClients = clientsNow;
    }

    /** The replies behind it in this turn go out when the connection is closed: who is told that a client was killed may rely on it. */
    void after(ChannelFuture close) {
        if (!close.isDone()) {
            closing.add(close);
        }
    }

    private void awaitClosing() {
        for (ChannelFuture close : closing) {
            if (!close.awaitUninterruptibly(CLOSING_MS_MAX)) {
                break; // that loop is busy: others wait no longer for it
            }
        }
        closing.clear();
    }

    /** Commits what is staged; false when the journal could not be written. */
    public boolean commit() {
        if (!engine.hasUncommitted()) {
            return true;
        }
        try {
            engine.commit();
            afterCommit.run();
            return true;
        } catch (StorageException e) {
            if (!failed) {
                failed = true;
                log.error("Writes are refused from now on, reads go on: {}", e.getMessage(), e);
            }
            return false;
        }
    }
}
