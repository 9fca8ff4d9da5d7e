package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection whose last bytes can stay on the way until after it was given up. */
final class Postponing implements Upstream {
    private final Upstream real;
    private @Nullable List<List<Bytes>> postponed;

    Postponing(Upstream real) {
        this.real = real;
    }

    void postpone(List<List<Bytes>> commands) {
        postponed = commands;
    }

    void deliver() {
        try {
            if (postponed != null && !postponed.isEmpty()) {
                real.send(postponed);
                real.receive(postponed.size());
            }
        } catch (IOException killed) {
            // the fence has done what it is for
        } finally {
            real.close();
        }
    }

    @Override
    public void connect() throws IOException {
        real.connect();
    }

    @Override
    public void send(List<List<Bytes>> commands) throws IOException {
        real.send(commands);
    }

    @Override
    public List<Reply> receive(int count) throws IOException {
        return real.receive(count);
    }

    @Override
    public void close() {
        if (postponed == null) {
            real.close();
        }
    }
}
