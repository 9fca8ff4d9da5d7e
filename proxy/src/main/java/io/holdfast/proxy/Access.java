package io.holdfast.proxy;

import io.holdfast.engine.command.Acl;
import io.holdfast.engine.command.RedisError;
import io.holdfast.proxy.admin.SecretFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect, as it was configured: a password for everybody, users, or a file of users. Shows no secret when
 * printed. Immutable.
 *
 * @param password the default user's; null: none is asked for
 * @param users lines of an ACL file ({@code user bob on >pw ~* +@all}), latin-1 chars are bytes
 * @param aclFile null: ACL LOAD and SAVE have no file
 */
public record Access(
        @Nullable String password,
        List<String> users,
        @Nullable Path aclFile) {
    /** Everybody who reaches the port may do everything. */
    public static final Access OPEN = new Access(null, List.of(), null);

    /** The same users, with another password for everybody; null: none. */
    public Access withPassword(@Nullable String other) {
        return new Access(other, users, aclFile);
    }

    /**
     * Gives an engine these users.
     *
     * @throws StartupException when a line or the file is refused
     */
    void applyTo(Acl acl) throws StartupException {
        if (aclFile != null && !users.isEmpty()) {
            throw new StartupException("users are configured in two places, the configuration and the file " + aclFile
                    + ": keep one of them");
        }
        if (!users.isEmpty()) {
            load(acl, "users", users);
        }
        // Behind the users, among whom the default user is new; a line that says what that one is goes before.
        if (password != null && users.stream().noneMatch(line -> line.startsWith("user default "))) {
            acl.requirePassword(password);
        }
        if (aclFile != null) {
            var file = new SecretFile(aclFile);
            acl.file(file);
            try {
                load(acl, file.name(), file.read());
            } catch (IOException e) {
                throw new StartupException(
                        "the ACL file " + aclFile + " cannot be read: " + e.getMessage()
                                + "; an empty file is the beginning of one",
                        e);
            }
        }
    }

    private static void load(Acl acl, String name, List<String> lines) throws StartupException {
        try {
            acl.load(name, lines);
        } catch (RedisError refused) {
            throw new StartupException("users cannot be loaded: " + refused.getMessage(), refused);
        }
    }

    @Override
    public String toString() {
        return "Access[password=" + (password == null ? "none" : "(redacted)") + ", users=" + users.size()
                + ", aclFile=" + aclFile + "]";
    }
}
