package io.holdfast.proxy;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.proxy.client.ClientLimits;
import io.holdfast.proxy.client.InternalClient;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.http.Engine;
import io.holdfast.proxy.http.HttpServer;
import io.holdfast.proxy.http.ServerState;
import io.holdfast.proxy.routing.Router;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.List;

/** How HTTP reaches the rest of a server. Its classes are loaded only where HTTP is wanted. */
record HttpWiring(EventLoop loop, EngineParts parts, Router router, TurnEnd turnEnd, ClientLimits limits) {
    /** @throws StartupException when the port cannot be had */
    HttpServer open(ProxyConfig config, int port, Transport transport, ServerState state) throws StartupException {
        var engine = new Engine(
                loop,
                (address, localAddress, replies) ->
                        new InternalClient(loop, router, turnEnd, limits, address, localAddress, replies),
                (client, command) -> {
                    CommandSpec spec = parts.engine().commands().find(command[0]);
                    return parts.engine().execute(client.session(), spec, command);
                },
                state);
        List<String> hosts = BindAddress.parse(config.bind()).stream()
                .filter(address -> !Listeners.isMissing(address))
                .map(BindAddress::host)
                .toList();
        if (hosts.isEmpty()) {
            throw new StartupException("--bind " + config.bind() + " names no address of this machine");
        }
        try {
            return HttpServer.start(transport.ioHandlers(), transport.serverChannel(), hosts, port, engine);
        } catch (IOException e) {
            throw Listeners.cannotListen(config.bind() + ":" + port, "--http-port", e);
        }
    }
}
