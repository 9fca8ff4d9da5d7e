package io.holdfast.proxy.routing;

import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.Session;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** What a user of Holdfast's own may send upstream: who may do what is decided here, for there it is us. */
final class Permissions {
    private final RoutingStateMachine machine;

    Permissions(RoutingStateMachine machine) {
        this.machine = machine;
    }

    /** @param asked null: not known here */
    static boolean allow(Session session, @Nullable CommandSpec asked, Bytes[] args) {
        if (session.mustAuthenticate()) {
            return asked != null && asked.is(Flag.NO_AUTH);
        }
        return asked == null
                ? session.user().mayRunWhatIsNotKnown()
                : session.user().check(asked, args) == null;
    }

    /** What a script does upstream it does as us, where nobody looks at its client's rules any more. */
    boolean allowScript(Session session) {
        return machine.phase().route(CommandKind.SCRIPT) == Route.LOCAL
                || session.user().mayDoWhatScriptsCan();
    }

    /** Whether EXEC may run what waits for it: the user's rules may have changed since. */
    boolean allowQueued(Session session) {
        for (Session.Queued command : session.queued()) {
            CommandSpec asked = KnownCommands.exact(command.spec());
            if (!allow(session, asked, command.args())
                    || (asked != null && asked.kind() == CommandKind.SCRIPT && !allowScript(session))) {
                return false;
            }
        }
        return true;
    }
}
