package io.holdfast.engine.command;

/** An ACL rule that cannot be applied; the message is Redis's own. Carries no stack trace. */
public final class BadAclRule extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean namesUnknown;

    private BadAclRule(String message, boolean namesUnknown) {
        super(message, null, false, false);
        this.namesUnknown = namesUnknown;
    }

    static BadAclRule syntax() {
        return new BadAclRule("Syntax error", false);
    }

    static BadAclRule unknownCommand() {
        return new BadAclRule("Unknown command or category name in ACL", true);
    }

    static BadAclRule firstArgumentOfSubcommand() {
        return new BadAclRule("Allowing first-arg of a subcommand is not supported", false);
    }

    static BadAclRule keysBehindAll() {
        return behindAll("allkeys", "resetkeys", "patterns");
    }

    static BadAclRule channelsBehindAll() {
        return behindAll("allchannels", "resetchannels", "channels");
    }

    private static BadAclRule behindAll(String flag, String reset, String what) {
        return new BadAclRule(
                "Adding a pattern after the * pattern (or the '" + flag + "' flag) is not valid and does not have any"
                        + " effect. Try '" + reset + "' to start with an empty list of " + what,
                false);
    }

    static BadAclRule noSuchPassword() {
        return new BadAclRule("The password you are trying to remove from the user does not exist", false);
    }

    static BadAclRule notAHash() {
        return new BadAclRule(
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
                false);
    }

    /** It names a command or category that there is not: what it says holds no secret. */
    public boolean namesUnknown() {
        return namesUnknown;
    }
}
