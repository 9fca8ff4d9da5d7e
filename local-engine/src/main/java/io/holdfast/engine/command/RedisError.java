package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Objects;

/**
 * An answer that refuses a command, in Redis's own words; every error text of the engine stands here, once. Thrown by
 * handlers before their first change and caught in one place; carries no stack trace.
 */
public final class RedisError extends RuntimeException {
    private static final long serialVersionUID = 1L;
    /** Of a key, in a text of our own, characters. */
    private static final int KEY_SHOWN_MAX = 64;

    private final transient Reply.Failure reply;

    private RedisError(Bytes text) {
        super(text.utf8(), null, false, false);
        this.reply = new Reply.Failure(text);
    }

    /** An error with the given text, which starts with its code ({@code ERR …}). */
    public static RedisError of(String text) {
        return new RedisError(Bytes.of(text));
    }

    /** As {@link #of}, of a text in which each char is a byte: it quotes what a client has sent. */
    public static RedisError latin1(String text) {
        return new RedisError(Bytes.ofLatin1(text));
    }

    public Reply.Failure reply() {
        return reply;
    }

    public static RedisError wrongType() {
        return of("WRONGTYPE Operation against a key holding the wrong kind of value");
    }

    public static RedisError notAHyperLogLog() {
        return of("WRONGTYPE Key is not a valid HyperLogLog string value.");
    }

    public static RedisError corruptHyperLogLog() {
        return of("INVALIDOBJ Corrupted HLL object detected");
    }

    /** @param pair as {@code %f,%f} prints it */
    public static RedisError noSuchPlace(String pair) {
        return of("ERR invalid longitude,latitude pair " + pair);
    }

    public static RedisError unknownUnit() {
        return of("ERR unsupported unit provided. please use M, KM, FT, MI");
    }

    public static RedisError noSuchMember() {
        return of("ERR could not decode requested zset member");
    }

    public static RedisError syntax() {
        return of("ERR syntax error");
    }

    public static RedisError notAnInteger() {
        return of("ERR value is not an integer or out of range");
    }

    public static RedisError notAFloat() {
        return of("ERR value is not a valid float");
    }

    public static RedisError hashValueNotAnInteger() {
        return of("ERR hash value is not an integer");
    }

    public static RedisError hashValueNotAFloat() {
        return of("ERR hash value is not a float");
    }

    public static RedisError overflow() {
        return of("ERR increment or decrement would overflow");
    }

    public static RedisError decrementOverflow() {
        return of("ERR decrement would overflow");
    }

    public static RedisError nanOrInfinity() {
        return of("ERR increment would produce NaN or Infinity");
    }

    public static RedisError scoreNan() {
        return of("ERR resulting score is not a number (NaN)");
    }

    public static RedisError outOfRange() {
        return of("ERR value is out of range");
    }

    public static RedisError mustBePositive() {
        return of("ERR value is out of range, must be positive");
    }

    public static RedisError indexOutOfRange() {
        return of("ERR index out of range");
    }

    public static RedisError offsetOutOfRange() {
        return of("ERR offset is out of range");
    }

    public static RedisError stringTooLong() {
        return of("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }

    public static RedisError busyKey() {
        return of("BUSYKEY Target key name already exists.");
    }

    public static RedisError noSuchKey() {
        return of("ERR no such key");
    }

    public static RedisError sameObject() {
        return of("ERR source and destination objects are the same");
    }

    /** For a command as {@link #invalidExpire}. */
    public static RedisError noInputKey(String command) {
        return of("ERR at least 1 input key is needed for '" + command + "' command");
    }

    public static RedisError numkeysNotPositive() {
        return of("ERR numkeys should be greater than 0");
    }

    public static RedisError countNotPositive() {
        return of("ERR count should be greater than 0");
    }

    public static RedisError moreKeysThanArguments() {
        return of("ERR Number of keys can't be greater than number of args");
    }

    public static RedisError negativeLimit() {
        return of("ERR LIMIT can't be negative");
    }

    public static RedisError weightNotAFloat() {
        return of("ERR weight value is not a float");
    }

    public static RedisError xxWithNx() {
        return of("ERR XX and NX options at the same time are not compatible");
    }

    public static RedisError gtLtWithNx() {
        return of("ERR GT, LT, and/or NX options at the same time are not compatible");
    }

    public static RedisError incrWithManyPairs() {
        return of("ERR INCR option supports a single increment-element pair");
    }

    public static RedisError limitByRank() {
        return of("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    }

    public static RedisError withScoresByLex() {
        return of("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    }

    public static RedisError invalidStreamId() {
        return of("ERR Invalid stream ID specified as stream command argument");
    }

    /** @param end {@code start} or {@code end} */
    public static RedisError invalidInterval(String end) {
        return of("ERR invalid " + end + " ID for the interval");
    }

    public static RedisError streamIdZero() {
        return of("ERR The ID specified in XADD must be greater than 0-0");
    }

    public static RedisError streamIdTooSmall() {
        return of("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }

    public static RedisError streamExhausted() {
        return of("ERR The stream has exhausted the last possible ID, unable to add more items");
    }

    public static RedisError streamEntryTooLarge() {
        return of("ERR Elements are too large to be stored");
    }

    public static RedisError twoTrimStrategies() {
        return of("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    }

    /** @param option MAXLEN or LIMIT */
    public static RedisError negativeTrimArgument(String option) {
        return of("ERR The " + option + " argument must be >= 0.");
    }

    public static RedisError limitWithoutTrim() {
        return of("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }

    public static RedisError trimWithoutStrategy() {
        return of("ERR syntax error, XTRIM must be called with a trimming strategy");
    }

    public static RedisError limitOfExactTrim() {
        return of("ERR syntax error, LIMIT cannot be used without the special ~ option");
    }

    public static RedisError entriesAddedNegative() {
        return of("ERR entries_added must be positive");
    }

    /** XSETID refuses an id, or a count, that is smaller than {@code what}. */
    public static RedisError xsetidTooSmall(String subject, String what) {
        return of("ERR The " + subject + " specified in XSETID is smaller than " + what);
    }

    public static RedisError entriesReadNegative() {
        return of("ERR value for ENTRIESREAD must be positive or -1");
    }

    public static RedisError groupNeedsKey() {
        return of("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the"
                + " MKSTREAM option to create an empty stream automatically.");
    }

    public static RedisError busyGroup() {
        return of("BUSYGROUP Consumer Group name already exists");
    }

    public static RedisError noGroup(Bytes key, Bytes group) {
        return quotingTwo("NOGROUP No such key '", key, "' or consumer group '", group, "'");
    }

    public static RedisError noGroupToRead(Bytes key, Bytes group) {
        return quotingTwo(
                "NOGROUP No such key '", key, "' or consumer group '", group, "' in XREADGROUP with GROUP option");
    }

    public static RedisError noGroupOfKey(Bytes group, Bytes key) {
        return quotingTwo("NOGROUP No such consumer group '", group, "' for key name '", key, "'");
    }

    public static RedisError unknownClaimOption(Bytes option) {
        return quotingTwo("ERR Unrecognized XCLAIM option '", option, "'", Bytes.EMPTY, "");
    }

    /** @param what of a claim could not be read, as Redis names it */
    public static RedisError invalidClaimArgument(String what, String command) {
        return of("ERR Invalid " + what + " argument for " + command);
    }

    /** As Redis has said it since 7.2: of which command, and which special id there is. */
    public static RedisError unbalancedStreams(String command, char symbol) {
        return of("ERR Unbalanced '" + command + "' list of streams: for each stream key an ID or '" + symbol
                + "' must be specified.");
    }

    public static RedisError unbalancedStreamsBefore72() {
        return of("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
    }

    /** @param option GROUP or NOACK */
    public static RedisError onlyForXreadgroup(String option) {
        return of("ERR The " + option + " option is only supported by XREADGROUP. You called XREAD instead.");
    }

    /** What a client of Redis before 7.2 is told that waited for entries of a stream. */
    public static RedisError unblockedByDeletion() {
        return of("UNBLOCKED the stream key no longer exists");
    }

    public static RedisError unblockedByDestroy() {
        return of("NOGROUP the consumer group this client was blocked on no longer exists");
    }

    public static RedisError groupMissing() {
        return of("ERR Missing GROUP option for XREADGROUP");
    }

    public static RedisError lastIdOfGroup() {
        return of("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this"
                + " consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return"
                + " an empty result set.");
    }

    public static RedisError newIdWithoutGroup() {
        return of(
                "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
    }

    public static RedisError invalidCursor() {
        return of("ERR invalid cursor");
    }

    public static RedisError invalidDb() {
        return of("ERR invalid DB index");
    }

    public static RedisError dbOutOfRange() {
        return of("ERR DB index is out of range");
    }

    /** For a command, lower case, as {@link CommandSpec#fullName} gives it. */
    public static RedisError invalidExpire(String command) {
        return of("ERR invalid expire time in '" + command + "' command");
    }

    /** For a command as {@link #invalidExpire}. */
    public static RedisError wrongNumberOfArguments(String command) {
        return of("ERR wrong number of arguments for '" + command + "' command");
    }

    /** Redis shows at most 128 bytes of the name and of the arguments, and nothing that could break the line. */
    public static RedisError unknownCommand(Bytes[] args) {
        var text = new StringBuilder("ERR unknown command '")
                .append(shown(args[0], 128))
                .append("', with args beginning with: ");
        int length = 0;
        for (int i = 1; i < args.length && length < 128; i++) {
            String arg = "'" + shown(args[i], 128 - length) + "' ";
            text.append(arg);
            length += arg.length();
        }
        return inOneLine(text.toString());
    }

    public static RedisError unknownSubcommand(CommandSpec container, Bytes word) {
        return quotingBegin("ERR unknown subcommand '", word, "'. Try " + container.name() + " HELP.");
    }

    /** A subcommand refuses the number of its arguments though the table would take it. */
    public static RedisError unknownSubcommandOrArguments(CommandSpec subcommand, Bytes word) {
        CommandSpec container = Objects.requireNonNull(subcommand.parent(), "a subcommand has a parent");
        return quotingBegin(
                "ERR unknown subcommand or wrong number of arguments for '",
                word,
                "'. Try " + container.name() + " HELP.");
    }

    /** For a command as {@link #invalidExpire}. */
    public static RedisError onlyWhileSubscribed(RedisVersion version, String command) {
        return of("ERR Can't execute '" + command + "': only "
                + (version.atLeast(7, 0) ? "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE" : "(P)SUBSCRIBE / (P)UNSUBSCRIBE")
                + " / PING / QUIT / RESET are allowed in this context");
    }

    /** What a subcommand answers that sees by itself how many arguments it got. */
    public static RedisError subcommandSyntax(CommandSpec container, Bytes word) {
        return quotingBegin(
                "ERR unknown subcommand or wrong number of arguments for '",
                word,
                "'. Try " + container.name() + " HELP.");
    }

    public static RedisError nestedMulti() {
        return of("ERR MULTI calls can not be nested");
    }

    public static RedisError withoutMulti(String command) {
        return of("ERR " + command + " without MULTI");
    }

    public static RedisError watchInMulti() {
        return of("ERR WATCH inside MULTI is not allowed");
    }

    public static RedisError notInTransaction() {
        return of("ERR Command not allowed inside a transaction");
    }

    /** Not Redis's: there a transaction is bounded by the client's query buffer only. */
    public static RedisError transactionTooLarge() {
        return of("ERR the commands of this transaction are larger than " + Session.QUEUED_BYTES_MAX / (1024 * 1024)
                + " MB together");
    }

    public static RedisError execAbort() {
        return of("EXECABORT Transaction discarded because of previous errors.");
    }

    /** EXEC itself was refused: Redis leaves out the word ERR, but no other. */
    public static RedisError execAbort(RedisError because) {
        String reason = because.reply().text().utf8();
        return of("EXECABORT Transaction discarded because of: "
                + (reason.startsWith("ERR ") ? reason.substring(4) : reason));
    }

    public static RedisError noProto() {
        return of("NOPROTO unsupported protocol version");
    }

    /** The journal could not be written: nothing was changed that would survive. */
    public static RedisError journalFailed() {
        return of("MISCONF journal I/O error: writes are refused, reads go on; see the log and INFO holdfast");
    }

    /** There is no room on the disk, or no more is allowed: {@code why}. */
    public static RedisError diskFull(String why) {
        return of("DISKFULL writes are refused, reads go on: " + why);
    }

    /** Somebody else has written upstream under this node's name. */
    public static RedisError fenced() {
        return of("FENCED another copy of this node has written upstream: writes are refused, reads go on; "
                + "see INFO holdfast");
    }

    /** min-replicas-to-write asks for replicas, and there are none. */
    public static RedisError noReplicas() {
        return of("NOREPLICAS Not enough good replicas to write.");
    }

    /** OBJECT IDLETIME where uses are counted instead. */
    public static RedisError lfuPolicy() {
        return of(
                "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between"
                        + " policies at runtime LRU and LFU data will take some time to adjust.");
    }

    /** There is no room in memory, and storage, where values would go, cannot be written. */
    public static RedisError outOfMemory() {
        return of("OOM command not allowed when used memory > 'maxmemory'.");
    }

    /** DEBUG RELOAD where the tables cannot be read. */
    public static RedisError notReloaded() {
        return of("ERR Error trying to load the RDB dump");
    }

    /** What the key holds is in storage alone, and cannot be read there. */
    public static RedisError valueLost(String why) {
        return of("DAMAGED " + why);
    }

    /** The reply was lost with the upstream; the command was executed once or not at all. */
    public static RedisError uncertain(String command) {
        return of("UNCERTAIN " + command + " outcome unknown: the upstream was lost before it answered");
    }

    /** Nobody here can say whether the key exists, and that is not to be answered as if it did not. */
    public static RedisError unknownKey(Bytes key) {
        String name = key.toString();
        String shown = name.length() > KEY_SHOWN_MAX ? name.substring(0, KEY_SHOWN_MAX) + "..." : name;
        return of("UNKNOWN key '" + shown + "' is not in the local copy, and the upstream, which may have it, is away");
    }

    /** As many clients as may have it have a link of their own to the upstream; this one needs one as well. */
    public static RedisError tooManyLinks() {
        return of("ERR max number of clients reached upstream: see redis.pinned_links_max");
    }

    public static RedisError unblocked() {
        return of("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
    }

    /** For CLIENT UNBLOCK … ERROR. */
    public static RedisError unblockedByClient() {
        return of("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    }

    public static RedisError timeoutNegative() {
        return of("ERR timeout is negative");
    }

    public static RedisError timeoutNotAFloat() {
        return of("ERR timeout is not a float or out of range");
    }

    public static RedisError timeoutNotAnInteger() {
        return of("ERR timeout is not an integer or out of range");
    }

    public static RedisError timeoutOutOfRange() {
        return of("ERR timeout is out of range");
    }

    /** To a client in MONITOR, which Redis takes for a replica. */
    public static RedisError replicaWithoutKeyspace() {
        return of("ERR Replica can't interact with the keyspace");
    }

    public static RedisError noFlushOffline() {
        return of("NOFLUSH flushing is refused while the upstream is away, for the data it holds is not seen here");
    }

    public static RedisError noAuth() {
        return of("NOAUTH Authentication required.");
    }

    /** Holdfast's own: to a user who may not do everything that scripts can. */
    public static RedisError noScriptUpstream() {
        return of(
                "NOPERM Scripts run upstream with Holdfast's permissions, so only users who may do all that scripts can do may"
                        + " run them");
    }

    public static RedisError helloWithoutAuth(RedisVersion version) {
        return of("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
                + (version.atLeast(7, 2) ? "<proto> " : "")
                + "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at"
                + " the same time");
    }

    // ---- scripts

    public static RedisError noScript() {
        return of("NOSCRIPT No matching script. Please use EVAL.");
    }

    public static RedisError notBusy() {
        return of("NOTBUSY No scripts in execution right now.");
    }

    public static RedisError unkillable() {
        return of("UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait"
                + " the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.");
    }

    /** @param running what only its own command ends */
    public static RedisError busy(Scripting.Kind running) {
        return of("BUSY Redis is busy running a script. You can only call " + running + " KILL or SHUTDOWN NOSAVE.");
    }

    public static RedisError scriptsUnavailable(String why) {
        return of("ERR scripts are not available: " + why);
    }

    public static RedisError scriptDoesNotCompile(Bytes why) {
        return quotingWhole("ERR Error compiling script (new function): ", why);
    }

    public static RedisError libraryDoesNotCompile(Bytes why) {
        return quotingWhole("ERR Error compiling function: ", why);
    }

    public static RedisError negativeKeyCount() {
        return of("ERR Number of keys can't be negative");
    }

    public static RedisError noScriptDebugger() {
        return of("ERR SCRIPT DEBUG is not supported here: step through the script on a Redis of your own");
    }

    public static RedisError noFunction() {
        return of("ERR Function not found");
    }

    public static RedisError badDump() {
        return of("ERR DUMP payload version or checksum are wrong");
    }

    public static RedisError luaStackLimit() {
        return of("ERR reached lua stack limit");
    }

    public static RedisError scriptArgumentTypes() {
        return of("ERR Lua redis lib command arguments must be strings or integers");
    }

    public static RedisError scriptCallsNothing() {
        return of("ERR Please specify at least one argument for this redis lib call");
    }

    public static RedisError mayNotBlockInScript(Bytes command) {
        return quoting("ERR ", command, " command is not allowed with BLOCK option from scripts");
    }

    private static RedisError quotingWhole(String before, Bytes written) {
        return new RedisError(Bytes.ofLatin1(before + written.latin1()));
    }

    public static RedisError wrongPassword() {
        return of("WRONGPASS invalid username-password pair or user is disabled.");
    }

    /** Nobody here can say whether the user and password are right, and who could is away. */
    public static RedisError loginNotKnown() {
        return of("OFFLINE the upstream is away, and it has not accepted this user and password here before");
    }

    public static RedisError noLoginInTransaction() {
        return of("ERR AUTH to the upstream is not allowed in transactions");
    }

    /** Holdfast's own: what is asked upstream in a transaction is asked on a connection that others use too. */
    public static RedisError noSubscriptionInTransaction(String command) {
        return of("ERR " + command + " is not passed on in transactions by Holdfast");
    }

    public static RedisError noLfuPolicy() {
        return of("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when"
                + " switching between policies at runtime LRU and LFU data will take some time to adjust.");
    }

    /** A command that the configuration does not allow. */
    public static RedisError optionNotEnabled(String command, String option) {
        return of(
                "ERR " + command + " command not allowed. If the " + option + " option is set to \"local\", you can run"
                        + " it from a local connection, otherwise you need to set this option in the configuration file, and then"
                        + " restart the server.");
    }

    /** A text around two things that the client wrote, of any length. */
    private static RedisError quotingTwo(String before, Bytes first, String between, Bytes second, String behind) {
        return inOneLine(
                before + shown(first, Integer.MAX_VALUE) + between + shown(second, Integer.MAX_VALUE) + behind);
    }

    /** A text around what the client wrote, of any length. */
    public static RedisError quoting(String before, Bytes written, String behind) {
        return inOneLine(before + shown(written, Integer.MAX_VALUE) + behind);
    }

    /** A text around what the client wrote, of which 128 bytes are shown. */
    public static RedisError quotingBegin(String before, Bytes written, String behind) {
        return inOneLine(before + shown(written, 128) + behind);
    }

    /** Newlines at its end go, others become blanks. */
    private static RedisError inOneLine(String text) {
        int end = text.length();
        while (text.charAt(end - 1) == '\r' || text.charAt(end - 1) == '\n') {
            end--;
        }
        String line = text.substring(0, end).replace('\r', ' ').replace('\n', ' ');
        return new RedisError(Bytes.ofLatin1(line));
    }

    private static String shown(Bytes text, int max) {
        String shown = text.latin1();
        int end = shown.indexOf('\0'); // to Redis, which prints it as a C string, the end
        shown = end < 0 ? shown : shown.substring(0, end);
        return shown.length() > max ? shown.substring(0, Math.max(0, max)) : shown;
    }
}
