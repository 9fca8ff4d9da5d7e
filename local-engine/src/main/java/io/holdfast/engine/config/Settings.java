package io.holdfast.engine.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What CONFIG GET and CONFIG SET can see, by redis.conf name: every parameter of Redis, as it is by default; the parts of
 * the server put theirs in place and bind what acts at start-up. Owned by the engine loop.
 */
public final class Settings {
    /** Keeps the settings over a restart. */
    @FunctionalInterface
    public interface Rewriter {
        /** @throws java.io.UncheckedIOException when they could not be written */
        void rewrite();
    }

    private final Map<String, Setting> byName = new TreeMap<>();
    private final Map<String, String> otherNames = new HashMap<>();
    private final Map<String, List<Consumer<String>>> listeners = new HashMap<>();
    private final List<Agreement> agreements = new ArrayList<>();
    private final Map<String, String> changed = new TreeMap<>();
    private @Nullable Rewriter rewriter;

    public Settings() {
        StandardSettings.addTo(this);
    }

    /** Adds a parameter that CONFIG SET refuses to change, or puts it in the place of the one there. */
    public void fixed(String name, String value) {
        put(new Setting(name, () -> value, null, false));
    }

    public void add(String name, Supplier<String> read, Consumer<String> write) {
        put(new Setting(name, read, write, false));
    }

    void put(Setting setting) {
        byName.put(setting.name(), setting);
    }

    void otherName(String other, String name) {
        otherNames.put(other, name);
    }

    /** Tells {@code listener} the value, now and whenever CONFIG SET has changed it. */
    public void onChange(String name, Consumer<String> listener) {
        listeners.computeIfAbsent(name, unused -> new ArrayList<>()).add(listener);
        listener.accept(value(name));
    }

    /**
     * Adds a look at parameters that only make sense together.
     *
     * @param check is run when all changes of one CONFIG SET are made, if one of {@code names} is among them; throws
     *     {@link IllegalArgumentException}, which says what would be right, to have all of them undone
     */
    public void onAgreement(Set<String> names, Runnable check) {
        agreements.add(new Agreement(Set.copyOf(names), check));
    }

    private record Agreement(Set<String> names, Runnable check) {}

    // ---- asking

    /** All parameters, also under their old names. */
    public Collection<Setting> all() {
        var all = new TreeMap<>(byName);
        otherNames.forEach((other, name) -> {
            Setting setting = byName.get(name);
            if (setting != null) {
                all.put(other, new Setting(other, setting.read(), setting.write(), setting.atStartOnly()));
            }
        });
        return all.values();
    }

    public @Nullable Setting find(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return byName.get(otherNames.getOrDefault(lower, lower));
    }

    /** @throws IllegalStateException when there is no such parameter */
    public String value(String name) {
        Setting setting = find(name);
        if (setting == null) {
            throw new IllegalStateException("no setting " + name);
        }
        return setting.read().get();
    }

    /** A parameter that is a number. */
    public long number(String name) {
        return Long.parseLong(value(name));
    }

    // ---- changing

    /**
     * Changes a parameter, and tells who listens.
     *
     * @throws IllegalArgumentException that says what would be right; then nothing has changed
     */
    public void set(Setting setting, String value) {
        if (!setting.changeable()) {
            throw new IllegalArgumentException("can't set immutable config");
        }
        choose(setting, value);
        changed.put(setting.name(), setting.read().get());
    }

    /**
     * Gives a parameter the value that it has from the start on.
     *
     * @throws IllegalArgumentException that says what would be right; then nothing has changed
     */
    public void choose(Setting setting, String value) {
        Consumer<String> write = setting.write();
        if (write == null) {
            throw new IllegalArgumentException("is not chosen here");
        }
        String before = setting.read().get();
        write.accept(value);
        try {
            tell(setting);
        } catch (IllegalArgumentException refused) {
            write.accept(before);
            tell(setting);
            throw refused;
        }
    }

    /**
     * Asks whether these, which have just been changed, go together with the others.
     *
     * @return which of them does not; null: they do
     */
    public @Nullable Disagreement disagreement(Collection<String> names) {
        for (Agreement agreement : agreements) {
            for (String name : names) {
                if (agreement.names.contains(name)) {
                    try {
                        agreement.check.run();
                        break;
                    } catch (IllegalArgumentException refused) {
                        return new Disagreement(name, String.valueOf(refused.getMessage()));
                    }
                }
            }
        }
        return null;
    }

    /** Why a parameter cannot be what it was changed to. */
    public record Disagreement(String name, String why) {}

    private void tell(Setting setting) {
        for (Consumer<String> listener : listeners.getOrDefault(setting.name(), List.of())) {
            listener.accept(setting.read().get());
        }
    }

    // ---- over a restart

    /** What was changed since the start, or was kept from before, by name. */
    public Map<String, String> changed() {
        return Map.copyOf(changed);
    }

    /** Who writes the settings down; null: nobody can. */
    public @Nullable Rewriter rewriter() {
        return rewriter;
    }

    public void rewriter(Rewriter keeper) {
        rewriter = keeper;
    }
}
