package io.holdfast.proxy.admin;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was given on the command line; null: not given.
 *
 * @param profiles names of shipped profiles, or files; empty: not given
 * @param settings parameters of redis.conf that have a flag of their own
 */
public record Flags(
        @Nullable Integer port,
        @Nullable String bind,
        @Nullable String upstream,
        boolean standalone,
        @Nullable Path dataDir,
        @Nullable Path requirepassFile,
        @Nullable Path aclFile,
        @Nullable Path upstreamPasswordFile,
        List<String> profiles,
        @Nullable Integer httpPort,
        Map<String, String> settings) {
    public static final Flags NONE =
            new Flags(null, null, null, false, null, null, null, null, List.of(), null, Map.of());
}
