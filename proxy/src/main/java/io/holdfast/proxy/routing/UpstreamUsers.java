package io.holdfast.proxy.routing;

import io.holdfast.engine.command.Acl;
import io.holdfast.engine.command.AclUser;
import io.holdfast.proxy.upstream.LinkKey;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.FetchPort;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The upstream's users that clients here are logged in as: what each may do there, as far as it lets us know, and which
 * passwords their clients gave. Lives on the engine loop.
 *
 * <pre>
 *   user bob: rights ◄── ACL GETUSER, whenever it logs in and every second
 *     ├─ login (bob, old password): 3 clients, links of its own
 *     └─ login (bob, new password): 1 client
 * </pre>
 */
final class UpstreamUsers {
    private static final Logger log = LoggerFactory.getLogger(UpstreamUsers.class);

    /** How long a login that no client has is kept for the next, which finds its links open. */
    private static final long KEPT_MS = TimeUnit.MINUTES.toMillis(1);
    /** Users whose rights are looked at again in a second. */
    private static final int LOOKS_MAX = 20;

    private static final Bytes ACL = Bytes.of("ACL");
    private static final Bytes GETUSER = Bytes.of("GETUSER");

    /** Of a user whose rights are not known while the upstream judges each command; what Holdfast itself does is not for it. */
    private static final List<Bytes> LEFT_TO_UPSTREAM =
            List.of(Bytes.of("+@all"), Bytes.of("-@admin"), Bytes.of("~*"), Bytes.of("&*"));

    /** A user by name; one object for all its clients. */
    static final class Known {
        final AclUser user;
        /** Null: not known. */
        private @Nullable List<Bytes> rules;

        private Known(AclUser user) {
            this.user = user;
        }

        boolean hasRules() {
            return rules != null;
        }
    }

    /** A user and a password, and who came with them. */
    static final class Live {
        final UpstreamLogin login;
        final Known known;
        private final Bytes key;
        private int clients;
        private long leftAtMs;

        private Live(Bytes key, UpstreamLogin login, Known known) {
            this.key = key;
            this.login = login;
            this.known = known;
        }
    }

    private final Acl acl;
    private final UpstreamLinks links;
    private final Consumer<UpstreamLogin> removed;
    private final Map<Bytes, Known> byName = new HashMap<>();
    private final Map<Bytes, Live> byKey = new HashMap<>();
    private final Map<UpstreamLogin, Live> byLogin = new HashMap<>();
    /** Whose rights are looked at next. */
    private final ArrayDeque<Known> round = new ArrayDeque<>();

    private boolean online;
    private boolean refusalTold;

    /** @param removed is told of logins whose user the upstream does not have any more */
    UpstreamUsers(Acl acl, UpstreamLinks links, Consumer<UpstreamLogin> removed) {
        this.acl = acl;
        this.links = links;
        this.removed = removed;
    }

    // ---- logins

    /** The login that clients have, or had a moment ago, by this user and password; null when none has. */
    @Nullable Live find(LoginRequest request) {
        return byKey.get(request.key());
    }

    /** The login by this user and password, which have been found to be right. */
    Live enter(LoginRequest request, long nowMs) {
        return byKey.computeIfAbsent(request.key(), key -> {
            var login = new UpstreamLogin(request.user(), request.password());
            login.compare(links.address());
            var live = new Live(key, login, byName.computeIfAbsent(request.user(), this::unknown));
            live.leftAtMs = nowMs;
            byLogin.put(login, live);
            return live;
        });
    }

    private Known unknown(Bytes name) {
        var known = new Known(acl.guest(name));
        apply(known);
        return known;
    }

    /** One more client has it. */
    void joined(Live live) {
        live.clients++;
    }

    /** A client that had it has gone, or is somebody else now. */
    void left(UpstreamLogin login, long nowMs) {
        Live live = byLogin.get(login);
        if (live != null && --live.clients == 0) {
            live.leftAtMs = nowMs;
        }
    }

    @Nullable AclUser userOf(UpstreamLogin login) {
        Live live = byLogin.get(login);
        return live == null ? null : live.known.user;
    }

    /** The upstream does not let it in any more: who comes with the same password has to ask. */
    void remove(UpstreamLogin login) {
        Live live = byLogin.remove(login);
        if (live != null) {
            byKey.remove(live.key);
        }
    }

    /** Its clients stay, as in Redis; who comes now has to be let in by the upstream. */
    void refused(LoginRequest request) {
        byKey.remove(request.key());
    }

    /** Holdfast logs in as somebody else from now on. */
    void holdfastChanged() {
        byLogin.keySet().forEach(login -> login.compare(links.address()));
    }

    // ---- rights

    /** Whether the upstream is in charge, and judges by itself what its users do. */
    void online(boolean now) {
        online = now;
        byName.values().stream().filter(known -> !known.hasRules()).forEach(this::apply);
    }

    private void apply(Known known) {
        List<Bytes> rules = known.rules;
        if (rules != null && !acl.follow(known.user, rules)) {
            log.warn(
                    "The upstream's rules for the user {} cannot be understood here: it may do nothing while the upstream is away",
                    known.user);
            known.rules = null;
        }
        if (known.rules == null) {
            acl.follow(known.user, online ? LEFT_TO_UPSTREAM : List.of());
        }
    }

    /** Asks the upstream what a user may do; {@code then} is run when that is known, or will not be. */
    void learn(Known known, Runnable then) {
        Bytes[] question = {ACL, GETUSER, known.user.name()};
        links.shared(new LinkKey(0, RespVersion.RESP2)).fetch(List.<Bytes[]>of(question), new FetchPort.Replies() {
            @Override
            public void arrived(List<Reply> replies) {
                List<Bytes> rules = UpstreamRights.rules(replies.get(0));
                if (rules == null) {
                    tellRefusal(replies.get(0));
                } else if (!rules.equals(known.rules)) {
                    known.rules = rules;
                    apply(known);
                }
                if (UpstreamRights.NO_USER.equals(rules)) {
                    loginsOf(known).forEach(removed);
                }
                then.run();
            }

            @Override
            public void lost() {
                then.run();
            }
        });
    }

    private List<UpstreamLogin> loginsOf(Known known) {
        return byLogin.values().stream()
                .filter(live -> live.known == known)
                .map(live -> live.login)
                .toList();
    }

    private void tellRefusal(Reply answer) {
        if (!refusalTold && answer instanceof Reply.Failure failure) {
            refusalTold = true;
            log.warn(
                    "What the upstream's users may do is not known here, they may do nothing while it is away: it answers"
                            + " ACL GETUSER of Holdfast's user with {}",
                    failure.text());
        }
    }

    /**
     * Looks at rights again, and forgets who has not been here for a while; to be called about once a second.
     *
     * @param mayReturn whether a user of that name could log in while the upstream is away
     */
    void follow(long nowMs, Predicate<Bytes> mayReturn) {
        for (Live live : List.copyOf(byLogin.values())) {
            if (live.clients == 0 && nowMs - live.leftAtMs >= KEPT_MS) {
                links.forget(live.login);
                byLogin.remove(live.login);
                byKey.remove(live.key, live);
            }
        }
        if (!online) {
            return;
        }
        byName.values()
                .removeIf(known -> byLogin.values().stream().noneMatch(live -> live.known == known)
                        && !mayReturn.test(known.user.name()));
        if (round.isEmpty()) {
            round.addAll(byName.values());
        }
        for (int i = 0; i < LOOKS_MAX && !round.isEmpty(); i++) {
            learn(round.remove(), () -> {});
        }
    }
}
