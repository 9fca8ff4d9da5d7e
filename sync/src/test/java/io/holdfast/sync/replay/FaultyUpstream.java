package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.List;

/** A real upstream connection that is lost where a test says so. Lives on the replay thread, but for {@link #close}. */
final class FaultyUpstream implements Upstream {
    /** Where a connection can be lost. */
    enum Step {
        BEFORE_CONNECT,
        AFTER_CONNECT,
        BEFORE_SEND,
        /** The second half of the bytes never leaves. */
        WITHIN_SEND,
        /** Everything has arrived at this system's socket; the reset may overtake it. */
        AFTER_SEND,
        BEFORE_RECEIVE,
        /** The upstream has executed and answered everything; we do not get to see it. */
        AFTER_RECEIVE
    }

    /** Throws where the connection is to be lost. */
    interface Plan {
        void at(Step step, List<List<Bytes>> sent) throws IOException;
    }

    private final Upstream real;
    private final Plan plan;
    private List<List<Bytes>> sent = List.of();

    FaultyUpstream(Upstream real, Plan plan) {
        this.real = real;
        this.plan = plan;
    }

    @Override
    public void connect() throws IOException {
        plan.at(Step.BEFORE_CONNECT, sent);
        real.connect();
        plan.at(Step.AFTER_CONNECT, sent);
    }

    @Override
    public void send(List<List<Bytes>> commands) throws IOException {
        sent = commands;
        plan.at(Step.BEFORE_SEND, sent);
        int half = commands.size() / 2;
        real.send(commands.subList(0, half));
        plan.at(Step.WITHIN_SEND, sent);
        real.send(commands.subList(half, commands.size()));
        plan.at(Step.AFTER_SEND, sent);
    }

    @Override
    public List<Reply> receive(int count) throws IOException {
        plan.at(Step.BEFORE_RECEIVE, sent);
        List<Reply> replies = real.receive(count);
        plan.at(Step.AFTER_RECEIVE, sent);
        return replies;
    }

    @Override
    public void close() {
        real.close();
    }
}
