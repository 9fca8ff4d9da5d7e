package io.holdfast.proxy.upstream;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Looks names of hosts up as the system does, which may wait for a name server for many seconds, on a thread of its own: an
 * event loop that waited would keep every client waiting. One look-up a name at a time; who asks meanwhile gets the same
 * answer. Safe on every thread.
 */
public final class NameLookups extends AddressResolverGroup<InetSocketAddress> {
    /** There is one system, and one thread that waits for it. */
    public static final NameLookups OF_THIS_PROCESS = new NameLookups();

    /** How long the JVM answers from what it was told before: an upstream that moves is found at the next attempt. */
    private static final String KEPT_SECONDS = "1";

    private static final int WAITING_MAX = 16;
    private static final int IDLE_SECONDS_MAX = 10;

    private final Map<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1, 1, IDLE_SECONDS_MAX, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX), task -> {
                var made = new Thread(task, "name-lookup");
                made.setDaemon(true); // it may wait longer than the process lives
                return made;
            });

    private NameLookups() {
        thread.allowCoreThreadTimeOut(true);
    }

    /** Has the JVM soon forget what it looks up. Of no effect once it has looked something up. */
    public static void keepAnswersShortly() {
        Security.setProperty("networkaddress.cache.ttl", KEPT_SECONDS);
        Security.setProperty("networkaddress.cache.negative.ttl", KEPT_SECONDS);
    }

    /**
     * The addresses of a host, of which there is at least one; an address stands for itself.
     *
     * @return failed with {@link UnknownHostException} where there is none, or more look-ups wait already than are let wait
     */
    public CompletableFuture<List<InetAddress>> lookUp(String host) {
        byte[] numeric = NetUtil.createByteArrayFromIpAddressString(host);
        if (numeric != null) {
            try {
                return CompletableFuture.completedFuture(List.of(InetAddress.getByAddress(numeric)));
            } catch (UnknownHostException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
        var asked = new CompletableFuture<List<InetAddress>>();
        CompletableFuture<List<InetAddress>> before = underWay.putIfAbsent(host, asked);
        if (before != null) {
            return before;
        }
        try {
            thread.execute(() -> answer(host, asked));
        } catch (RejectedExecutionException e) {
            underWay.remove(host, asked);
            asked.completeExceptionally(new UnknownHostException(host + ": too many look-ups wait for a name server"));
        }
        return asked;
    }

    private void answer(String host, CompletableFuture<List<InetAddress>> asked) {
        try {
            List<InetAddress> found = List.of(InetAddress.getAllByName(host));
            underWay.remove(host, asked);
            asked.complete(found);
        } catch (UnknownHostException | RuntimeException e) {
            underWay.remove(host, asked);
            asked.completeExceptionally(e);
        }
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new Resolver(executor).asAddressResolver();
    }

    /** Answers on its executor. */
    private final class Resolver extends InetNameResolver {
        Resolver(EventExecutor executor) {
            super(executor);
        }

        @Override
        protected void doResolve(String host, Promise<InetAddress> answer) {
            lookUp(host).whenComplete((found, failure) -> {
                if (failure == null) {
                    answer.trySuccess(found.get(0));
                } else {
                    answer.tryFailure(failure);
                }
            });
        }

        @Override
        protected void doResolveAll(String host, Promise<List<InetAddress>> answer) {
            lookUp(host).whenComplete((found, failure) -> {
                if (failure == null) {
                    answer.trySuccess(found);
                } else {
                    answer.tryFailure(failure);
                }
            });
        }
    }
}
