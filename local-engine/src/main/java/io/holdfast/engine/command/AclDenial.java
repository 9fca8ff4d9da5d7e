package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import java.util.Locale;

/**
 * Why a user may not run a command. Immutable.
 *
 * @param argument which argument is refused: the key or channel; 0 for the command itself
 */
public record AclDenial(Reason reason, int argument) {
    /** What is refused; where several selectors refuse differently, the later one here is told. */
    public enum Reason {
        COMMAND,
        KEY,
        CHANNEL,
        AUTH;

        /** As ACL LOG prints it. */
        public String redisName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final AclDenial COMMAND = new AclDenial(Reason.COMMAND, 0);

    /** What was refused, as ACL LOG names it. */
    public Bytes object(CommandSpec spec, Bytes[] args) {
        return reason == Reason.COMMAND ? Bytes.of(spec.fullName()) : args[argument];
    }

    /** The answer to the client; before 7.2 Redis did not say who it was. */
    public RedisError error(RedisVersion version, AclUser user, CommandSpec spec) {
        return RedisError.latin1("NOPERM "
                + (version.atLeast(7, 2)
                        ? reason(user, spec)
                        : switch (reason) {
                            case COMMAND, AUTH -> "this user has no permissions to run the '" + named(version, spec);
                            case KEY -> "this user has no permissions to access one of the keys used as arguments";
                            case CHANNEL ->
                                "this user has no permissions to access one of the channels used as arguments";
                        }));
    }

    private static String named(RedisVersion version, CommandSpec spec) {
        String name = spec.fullName();
        return version.atLeast(7, 0)
                ? name + "' command"
                : name.split("\\|", 2)[0] + "' command or its subcommand"; // it does not tell one from the other
    }

    /** The answer to EXEC for a command that was allowed when it was queued. */
    public RedisError errorInExec() {
        return RedisError.of("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC"
                + " call. This command is no longer allowed for the following reason: "
                + switch (reason) {
                    case COMMAND, AUTH -> "no permission to execute the command or subcommand";
                    case KEY -> "no permission to touch the specified keys";
                    case CHANNEL -> "no permission to access one of the channels used as arguments";
                });
    }

    /** The answer to redis.call in a script. */
    public RedisError errorInScript(RedisVersion version, AclUser user, CommandSpec spec) {
        if (version.atLeast(7, 2)) {
            return RedisError.latin1("NOPERM ACL failure in script: " + reason(user, spec));
        }
        return RedisError.of(
                switch (reason) {
                    case COMMAND, AUTH -> "ERR The user executing the script can't run this command or subcommand";
                    case KEY ->
                        "ERR The user executing the script can't access at least one of the keys mentioned in"
                                + " the command arguments";
                    case CHANNEL ->
                        "ERR The user executing the script can't publish to the channel mentioned in the" + " command";
                });
    }

    private String reason(AclUser user, CommandSpec spec) {
        return switch (reason) {
            case COMMAND, AUTH ->
                "User " + user.name().latin1() + " has no permissions to run the '" + spec.fullName() + "' command";
            case KEY -> "No permissions to access a key";
            case CHANNEL -> "No permissions to access a channel";
        };
    }

    /** What ACL DRYRUN answers, which may name the key. */
    public Bytes verdict(RedisVersion version, AclUser user, CommandSpec spec, Bytes[] args) {
        String who = version.atLeast(7, 2) ? "User " + user.name().latin1() : "This user";
        String what = switch (reason) {
            case COMMAND, AUTH -> "run the '" + spec.fullName() + "' command";
            case KEY, CHANNEL -> "access the '" + args[argument].latin1() + "' " + reason.redisName();
        };
        return Bytes.ofLatin1(who + " has no permissions to " + what);
    }
}
