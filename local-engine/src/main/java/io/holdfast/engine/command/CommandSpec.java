package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is known about one command: the row that router, engine, journal, mirror, COMMAND and the README
 * read. Made by a {@link CommandTable.Builder} at start-up, then immutable; safe on every thread.
 */
public final class CommandSpec {
    /**
     * The channels that it publishes to or subscribes to, for who may use only some.
     *
     * @param upToTheLast all arguments from {@code first} on; else that one alone
     * @param patterns they are patterns of channels
     */
    public record Channels(int first, boolean upToTheLast, boolean patterns) {}

    /** Takes a key's position and what is done to it. */
    @FunctionalInterface
    public interface KeyVisitor {
        void visit(int position, Set<KeyFlag> flags);
    }

    static final Bytes REDACTED = Bytes.of("(redacted)");

    private final String name;
    private final Bytes asArgument;
    private final @Nullable CommandSpec parent;
    private final Arity arity;
    private final CommandGroup group;
    private final CommandKind kind;
    private final Set<Flag> flags = EnumSet.noneOf(Flag.class);
    private final Set<AclCategory> categories = EnumSet.noneOf(AclCategory.class);
    private final List<KeySpec> keySpecs = new ArrayList<>();
    private int singleKeyAt;
    private final List<String> tips = new ArrayList<>();
    private final Map<String, CommandSpec> subcommands = new LinkedHashMap<>();
    private InDoubt inDoubt;
    private int uncertainFrom;
    private List<String> uncertainWords = List.of();
    private @Nullable String wordToWait;
    private InDoubt inDoubtUnlessWaiting = InDoubt.UNCERTAIN;
    private @Nullable Predicate<Bytes[]> overwrites;
    private boolean changesWithoutResult;
    private int stringAt;
    private @Nullable Predicate<Bytes[]> absolute;
    private boolean keysOnly;
    private List<String> notKeysOnlyWords = List.of();
    private @Nullable MirrorRule mirrorRule;
    private @Nullable String wordAskingHoldfast;
    private Arity arityBefore72;
    private @Nullable Arity arityBefore70;
    private @Nullable Channels channels;
    private @Nullable Function<Bytes[], Set<KeyFlag>> keyFlags;
    private @Nullable WholeKeyspace wholeKeyspace;
    private ToIntFunction<Bytes[]> otherDatabase = args -> -1;
    private int scriptAt;
    private int cursorAt;
    private boolean repeatedHere;
    private @Nullable BiFunction<Scripting, Bytes, Scripting.Intent> code;
    private boolean runsInMulti;
    private boolean endsTransaction;
    private boolean allowedWhileSubscribed;
    private boolean keepsCaching;
    private int secretFrom;
    private int secretsBehindWord;
    private List<String> secretWords = List.of();
    private String since = "1.0.0";
    private String summary = "";
    private String complexity = "";
    private @Nullable Handler handler;

    CommandSpec(String name, @Nullable CommandSpec parent, Arity arity, CommandGroup group, CommandKind kind) {
        this.name = name;
        this.asArgument = Bytes.of(parent == null ? name : parent.name);
        this.parent = parent;
        this.arity = arity;
        this.arityBefore72 = arity;
        this.group = group;
        this.kind = kind;
        this.inDoubt = switch (kind) {
            case WRITE, TRANSACTION, SCRIPT, UNKNOWN -> InDoubt.UNCERTAIN;
            case BLOCKING -> InDoubt.UNBLOCKED;
            case READ, PUBSUB, CONNECTION, ADMIN, HOLDFAST -> InDoubt.RERUN;
        };
        if (group.category() != null) {
            categories.add(group.category());
        }
        if (kind == CommandKind.READ) {
            flag(Flag.READONLY);
        } else if (kind == CommandKind.WRITE) {
            flag(Flag.WRITE);
        } else if (kind == CommandKind.PUBSUB) {
            flag(Flag.PUBSUB, Flag.LOADING, Flag.STALE);
        }
    }

    // ---- declaring

    public CommandSpec keys(KeySpec... specs) {
        keySpecs.addAll(List.of(specs));
        singleKeyAt = singleKeyAt(keySpecs);
        return this;
    }

    public CommandSpec flag(Flag... more) {
        flags.addAll(List.of(more));
        return this;
    }

    /** What it does to its keys depends on its arguments (SET … GET); declared as the most that it can do. */
    public CommandSpec keyFlags(Function<Bytes[], Set<KeyFlag>> of) {
        keyFlags = of;
        return this;
    }

    /** It uses the channel at argument {@code position}. */
    public CommandSpec channel(int position) {
        channels = new Channels(position, false, false);
        return this;
    }

    /** It uses channels, or patterns of channels, from argument {@code first} to the last. */
    public CommandSpec channels(int first, boolean patterns) {
        channels = new Channels(first, true, patterns);
        return this;
    }

    public CommandSpec fast() {
        return flag(Flag.FAST);
    }

    public CommandSpec denyOom() {
        return flag(Flag.DENYOOM);
    }

    /** ACL categories beyond those that group and flags bring along. */
    public CommandSpec category(AclCategory... more) {
        categories.addAll(List.of(more));
        return this;
    }

    public CommandSpec tip(String... more) {
        tips.addAll(List.of(more));
        return this;
    }

    /** Its effect is idempotent: when its reply was lost it is run again here and journaled. */
    public CommandSpec absorb() {
        inDoubt = InDoubt.ABSORB;
        return this;
    }

    /**
     * As {@link #absorb}, but not when one of {@code words} stands at or behind argument {@code from}: with it the effect
     * depends on what was there (SET … NX).
     */
    public CommandSpec absorbUnless(int from, String... words) {
        inDoubt = InDoubt.ABSORB;
        uncertainFrom = from;
        uncertainWords = List.of(words);
        return this;
    }

    /** It may change its keys though it gives nothing: XREADGROUP makes the consumer, from 7.2 on. */
    public CommandSpec changesWithoutResult() {
        changesWithoutResult = true;
        return this;
    }

    /** Without {@code word} among its arguments it does not wait, and then a lost reply means {@code otherwise}. */
    public CommandSpec waitsOnlyWith(String word, InDoubt otherwise) {
        wordToWait = word;
        inDoubtUnlessWaiting = otherwise;
        return this;
    }

    /**
     * Whatever its key held before, afterwards its arguments say all that it holds (SET, DEL): a warm copy that does not
     * know the key may apply it.
     */
    public CommandSpec overwrites() {
        return overwritesWhere(args -> true);
    }

    /** {@link #overwrites()} for requests that are known to: not SET … KEEPTTL, nor SET with an option of a newer upstream. */
    public CommandSpec overwritesWhere(Predicate<Bytes[]> known) {
        overwrites = known;
        return this;
    }

    /** Without a further argument, the one at {@code at} is all that its key holds afterwards, without an expiry (SET). */
    public CommandSpec setsString(int at) {
        stringAt = at;
        return this;
    }

    /**
     * It says what is to be, whatever is there: DEL, SADD. The upstream may hold something else than the warm copy, so for
     * the upstream it is journaled as it was sent, also where it changes nothing here.
     */
    public CommandSpec absolute() {
        return absoluteWhere(args -> true);
    }

    /** {@link #absolute()} for requests without the options that make it depend on what is there. */
    public CommandSpec absoluteWhere(Predicate<Bytes[]> withoutOptions) {
        absolute = withoutOptions;
        return this;
    }

    /**
     * It looks at its keys, or replaces what they hold, but never reads that: their values need not be in memory. Not so
     * when one of {@code words} stands at or behind argument 3 (SET … GET).
     */
    public CommandSpec keysOnly(String... unlessWords) {
        keysOnly = true;
        notKeysOnlyWords = List.of(unlessWords);
        return this;
    }

    /** Redis lists it as reading, though it may change its key (PFCOUNT); here it is treated as the write that it is. */
    public CommandSpec listedAsRead() {
        flags.remove(Flag.WRITE);
        return flag(Flag.READONLY);
    }

    public CommandSpec mirrors(MirrorRule rule) {
        mirrorRule = rule;
        return this;
    }

    /** Before Redis 7.2 it took fewer arguments. */
    public CommandSpec arityBefore72(Arity older) {
        arityBefore72 = older;
        return this;
    }

    /** Before Redis 7.0 it took fewer arguments. */
    public CommandSpec arityBefore70(Arity older) {
        arityBefore70 = older;
        return this;
    }

    /** Runs at once between MULTI and EXEC instead of being queued. */
    public CommandSpec runsInMulti() {
        runsInMulti = true;
        return this;
    }

    /** Discards a transaction even when it is refused for the way it was sent. */
    public CommandSpec endsTransaction() {
        endsTransaction = true;
        return this;
    }

    /** Nobody but the command itself is to see its arguments from this one on. */
    public CommandSpec secretFrom(int argument) {
        secretFrom = argument;
        return this;
    }

    /** Nobody but the command itself is to see the {@code count} arguments behind one of these words. */
    public CommandSpec secretBehind(int count, String... words) {
        secretsBehindWord = count;
        secretWords = List.of(words);
        return this;
    }

    /** CLIENT CACHING counts for the command behind it all the same. */
    public CommandSpec keepsCaching() {
        keepsCaching = true;
        return this;
    }

    /** Allowed to a RESP2 client that has subscribed. */
    public CommandSpec allowedWhileSubscribed() {
        allowedWhileSubscribed = true;
        return this;
    }

    /** With this word as its only argument it asks Holdfast itself, whoever answers it otherwise (INFO holdfast). */
    public CommandSpec asksHoldfast(String word) {
        wordAskingHoldfast = word;
        return this;
    }

    /** It tells of keys, or does something to keys, that it does not name. */
    public CommandSpec wholeKeyspace(WholeKeyspace how) {
        wholeKeyspace = how;
        return this;
    }

    /** It puts a key into a database that need not be selected: which, from the request; −1: the selected one, or none. */
    public CommandSpec reaches(ToIntFunction<Bytes[]> database) {
        otherDatabase = database;
        return this;
    }

    /** At this argument stands a script, whose SHA-1 will be asked for later, wherever it is run now. */
    public CommandSpec carriesScript(int at) {
        scriptAt = at;
        return this;
    }

    /** At this argument stands the cursor with which a scan goes on; see {@link io.holdfast.engine.rule.ScanCursor}. */
    public CommandSpec scans(int at) {
        cursorAt = at;
        return this;
    }

    /** Its first argument stands for code, whose own word counts where the command's flags leave open what it does. */
    public CommandSpec runs(BiFunction<Scripting, Bytes, Scripting.Intent> intentOfCode) {
        code = intentOfCode;
        return this;
    }

    /** It changes what is kept beside keys, as libraries of functions: what the upstream has acknowledged is done here too. */
    public CommandSpec repeatedHere() {
        repeatedHere = true;
        return this;
    }

    public CommandSpec since(String version) {
        since = version;
        return this;
    }

    public CommandSpec says(String what) {
        summary = what;
        return this;
    }

    public CommandSpec costs(String bigO) {
        complexity = bigO;
        return this;
    }

    /** Comes last in a declaration. */
    public CommandSpec calls(Handler function) {
        handler = function;
        return this;
    }

    /** Redis does not list it under the category of its group. */
    public CommandSpec notIn(AclCategory category) {
        categories.remove(category);
        return this;
    }

    /** It does nothing itself: flags and categories are those of its subcommands. */
    void becomeContainer() {
        flags.clear();
        categories.clear();
    }

    void add(CommandSpec subcommand) {
        subcommands.put(subcommand.name, subcommand);
    }

    // ---- asking

    /** Upper case; a subcommand's own word only. */
    public String name() {
        return name;
    }

    /** The first argument of a request for it. */
    public Bytes asArgument() {
        return asArgument;
    }

    /** Lower case, {@code client|setname} for a subcommand: as errors, INFO and COMMAND name it. */
    public String fullName() {
        String own = name.toLowerCase(Locale.ROOT);
        return parent == null ? own : parent.fullName() + "|" + own;
    }

    public @Nullable CommandSpec parent() {
        return parent;
    }

    public Arity arity() {
        return arity;
    }

    /** The arity in Redis of this version. */
    public Arity arity(RedisVersion version) {
        if (arityBefore70 != null && !version.atLeast(7, 0)) {
            return arityBefore70;
        }
        return version.atLeast(7, 2) ? arity : arityBefore72;
    }

    public CommandGroup group() {
        return group;
    }

    public CommandKind kind() {
        return kind;
    }

    public boolean is(Flag flag) {
        return flags.contains(flag);
    }

    public Set<Flag> flags() {
        return Collections.unmodifiableSet(flags);
    }

    /** Whether it may change data, whatever Redis lists it as. */
    public boolean writes() {
        return kind == CommandKind.WRITE || is(Flag.WRITE);
    }

    /** See {@link #overwrites()}. */
    public boolean isOverwriting(Bytes[] args) {
        return overwrites != null && overwrites.test(args);
    }

    /** See {@link #changesWithoutResult()}. */
    public boolean isChangingWithoutResult() {
        return changesWithoutResult;
    }

    /** See {@link #setsString}; -1 where so many arguments, its name among them, ask for more than that. */
    public int stringSetAt(int arguments) {
        return stringAt > 0 && arguments == stringAt + 1 ? stringAt : -1;
    }

    /** See {@link #absolute()}. */
    public boolean isAbsolute(Bytes[] args) {
        return absolute != null && absolute.test(args);
    }

    /** What becomes of this request when its reply was lost. */
    public InDoubt inDoubt(Bytes[] args) {
        if (wordToWait != null && !hasWord(args, 1, List.of(wordToWait))) {
            return inDoubtUnlessWaiting;
        }
        return hasWord(args, uncertainFrom, uncertainWords) ? InDoubt.UNCERTAIN : inDoubt;
    }

    private static boolean hasWord(Bytes[] args, int from, List<String> words) {
        for (String word : words) {
            for (int i = from; i < args.length; i++) {
                if (args[i].equalsIgnoreCase(word)) {
                    return true;
                }
            }
        }
        return false;
    }

    public @Nullable MirrorRule mirrorRule() {
        return mirrorRule;
    }

    public @Nullable String wordAskingHoldfast() {
        return wordAskingHoldfast;
    }

    /** Whether keys go, or come, that it does not name: FLUSHALL. */
    public boolean changesUnnamedKeys() {
        return wholeKeyspace != null && wholeKeyspace.isChanged();
    }

    /** See {@link #wholeKeyspace(WholeKeyspace)}; null for nearly all. */
    public @Nullable WholeKeyspace wholeKeyspace() {
        return wholeKeyspace;
    }

    /** See {@link #reaches}. */
    public int otherDatabase(Bytes[] args) {
        return otherDatabase.applyAsInt(args);
    }

    /** Where a script stands among the arguments; 0: nowhere. */
    public int scriptAt() {
        return scriptAt;
    }

    /** Where a scan's cursor stands among the arguments; 0: nowhere. */
    public int cursorAt() {
        return cursorAt;
    }

    /** What the code that this request runs says of itself. */
    public Scripting.Intent intent(Scripting scripting, Bytes[] args) {
        return code == null || args.length < 2 ? Scripting.Intent.UNSAID : code.apply(scripting, args[1]);
    }

    public boolean isRepeatedHere() {
        return repeatedHere;
    }

    public boolean isRunInMulti() {
        return runsInMulti;
    }

    public boolean isEndOfTransaction() {
        return endsTransaction;
    }

    /** A request as monitors and logs may show it. */
    public Bytes[] shown(Bytes[] args) {
        if (secretFrom == 0 && secretWords.isEmpty()) {
            return args;
        }
        Bytes[] shown = args.clone();
        int from = secretFrom == 0 ? args.length : secretFrom;
        for (int i = 1; i < shown.length; i++) {
            if (i >= from || isBehindSecretWord(args, i)) {
                shown[i] = REDACTED;
            }
        }
        return shown;
    }

    private boolean isBehindSecretWord(Bytes[] args, int i) {
        for (int word = Math.max(1, i - secretsBehindWord); word < i; word++) {
            if (secretWords.stream().anyMatch(args[word]::equalsIgnoreCase)) {
                return true;
            }
        }
        return false;
    }

    public boolean isCachingKept() {
        return keepsCaching;
    }

    public boolean isAllowedWhileSubscribed() {
        return allowedWhileSubscribed;
    }

    public List<KeySpec> keySpecs() {
        return Collections.unmodifiableList(keySpecs);
    }

    public List<String> tips() {
        return Collections.unmodifiableList(tips);
    }

    public String since() {
        return since;
    }

    public String summary() {
        return summary;
    }

    public String complexity() {
        return complexity;
    }

    public Collection<CommandSpec> subcommands() {
        return Collections.unmodifiableCollection(subcommands.values());
    }

    public boolean hasSubcommands() {
        return !subcommands.isEmpty();
    }

    public @Nullable CommandSpec subcommand(Bytes word) {
        return subcommands.get(word.latin1().toUpperCase(Locale.ROOT));
    }

    /** The declared categories and those that follow from flags, as Redis's {@code setImplicitACLCategories}. */
    public Set<AclCategory> categories() {
        var all = EnumSet.noneOf(AclCategory.class);
        all.addAll(categories);
        if (is(Flag.WRITE)) {
            all.add(AclCategory.WRITE);
        }
        if (is(Flag.READONLY) && !all.contains(AclCategory.SCRIPTING)) {
            all.add(AclCategory.READ);
        }
        if (is(Flag.ADMIN)) {
            all.add(AclCategory.ADMIN);
            all.add(AclCategory.DANGEROUS);
        }
        if (is(Flag.PUBSUB)) {
            all.add(AclCategory.PUBSUB);
        }
        if (is(Flag.BLOCKING)) {
            all.add(AclCategory.BLOCKING);
        }
        all.add(is(Flag.FAST) ? AclCategory.FAST : AclCategory.SLOW);
        return all;
    }

    /** Where the only key stands that this command can have; 0 when it has none, −1 when it can have several. */
    public int singleKeyAt() {
        return singleKeyAt;
    }

    private static int singleKeyAt(List<KeySpec> specs) {
        if (specs.isEmpty()) {
            return 0;
        }
        KeySpec only = specs.get(0);
        boolean single = specs.size() == 1
                && only.begin() instanceof KeySpec.Begin.Index
                && only.find() instanceof KeySpec.Find.Range range
                && range.last() == 0;
        return single ? ((KeySpec.Begin.Index) only.begin()).position() : -1;
    }

    /** Position of every key in {@code args}, in the order of the specifications. */
    public void forEachKey(Bytes[] args, IntConsumer visitor) {
        for (KeySpec spec : keySpecs) {
            if (!spec.flags().contains(KeyFlag.NOT_KEY)) {
                spec.forEachKey(args, visitor);
            }
        }
    }

    /** As {@link #forEachKey(Bytes[], IntConsumer)}, with what this request does to each. */
    public void forEachKey(Bytes[] args, KeyVisitor visitor) {
        for (KeySpec spec : keySpecs) {
            if (!spec.flags().contains(KeyFlag.NOT_KEY)) {
                Set<KeyFlag> flags = keyFlags == null ? spec.flags() : keyFlags.apply(args);
                spec.forEachKey(args, position -> visitor.visit(position, flags));
            }
        }
    }

    /** Position of every key in {@code args} whose value has to be in memory when the command runs. */
    public void forEachKeyWithValue(Bytes[] args, IntConsumer visitor) {
        if (keysOnly && !hasWord(args, 3, notKeysOnlyWords)) {
            return;
        }
        for (KeySpec spec : keySpecs) {
            if (spec.readsValues()) {
                spec.forEachKey(args, visitor);
            }
        }
    }

    /** Null when it uses no channel that anybody could be kept from. */
    public @Nullable Channels channels() {
        return channels;
    }

    Handler handler() {
        if (handler == null) {
            throw new IllegalStateException(fullName() + " is declared without a handler");
        }
        return handler;
    }

    @Override
    public String toString() {
        return fullName();
    }
}
