package io.holdfast.engine.pubsub;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What one client has said of its own cache (CLIENT TRACKING): {@link Invalidations} tells it which of its copies are
 * outdated. Owned by the engine loop.
 */
public final class Tracker {
    /** Which keys a client is told of. */
    public enum Mode {
        /** Those that it has read since it was last told of them. */
        READ,
        /** Those that it has read in a command behind CLIENT CACHING YES. */
        OPTIN,
        /** Those that it has read, but not in a command behind CLIENT CACHING NO. */
        OPTOUT,
        /** All that begin with one of its prefixes. */
        BCAST
    }

    /** The client that it belongs to. */
    public interface Client {
        boolean speaksResp3();

        boolean isSubscribed();

        void push(Reply reply);
    }

    private final long id;
    private final Client client;
    private boolean on;
    private Mode mode = Mode.READ;
    private boolean noLoop;
    private boolean caching;
    private boolean redirectBroken;
    private long redirect;
    private final Set<Bytes> prefixes = new TreeSet<>();
    /** What is to be told after the reply to the command that is running, for it is this client's own. */
    final Set<Bytes> afterReply = new LinkedHashSet<>(0);
    /** As {@link #afterReply}, of all keys. */
    boolean allAfterReply;

    public Tracker(long id, Client client) {
        this.id = id;
        this.client = client;
    }

    public long id() {
        return id;
    }

    Client client() {
        return client;
    }

    public boolean isOn() {
        return on;
    }

    public Mode mode() {
        return mode;
    }

    public boolean isNoLoop() {
        return noLoop;
    }

    /** The client that is told instead; 0 for none. */
    public long redirect() {
        return redirect;
    }

    /** The client that was to be told instead has gone. */
    public boolean isRedirectBroken() {
        return redirectBroken;
    }

    void breakRedirect() {
        redirectBroken = true;
    }

    public Set<Bytes> prefixes() {
        return Collections.unmodifiableSet(prefixes);
    }

    /** CLIENT CACHING was said, and counts for the next command. */
    public boolean isCaching() {
        return caching;
    }

    public void caching(boolean next) {
        caching = next;
    }

    /** Whether what the running command reads is to be remembered. */
    public boolean remembers() {
        return on
                && switch (mode) {
                    case READ -> true;
                    case OPTIN -> caching;
                    case OPTOUT -> !caching;
                    case BCAST -> false;
                };
    }

    void begin(Mode in, boolean withoutOwn, long redirectTo, List<Bytes> morePrefixes) {
        on = true;
        mode = in;
        noLoop = withoutOwn;
        redirect = redirectTo;
        redirectBroken = false;
        prefixes.addAll(morePrefixes);
        if (in == Mode.BCAST && morePrefixes.isEmpty()) {
            prefixes.add(Bytes.EMPTY);
        }
    }

    void end() {
        on = false;
        mode = Mode.READ;
        noLoop = false;
        redirect = 0;
        redirectBroken = false;
        caching = false;
        prefixes.clear();
        afterReply.clear();
        allAfterReply = false;
    }

    /** What CLIENT TRACKINGINFO lists, in Redis's order. */
    public List<String> flags() {
        List<String> flags = new ArrayList<>();
        flags.add(on ? "on" : "off");
        switch (mode) {
            case READ -> {}
            case BCAST -> flags.add("bcast");
            case OPTIN -> {
                flags.add("optin");
                if (caching) {
                    flags.add("caching-yes");
                }
            }
            case OPTOUT -> {
                flags.add("optout");
                if (caching) {
                    flags.add("caching-no");
                }
            }
        }
        if (noLoop) {
            flags.add("noloop");
        }
        if (redirectBroken) {
            flags.add("broken_redirect");
        }
        return flags;
    }
}
