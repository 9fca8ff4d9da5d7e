package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.Asker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What keys are, in the words of TYPE, which does not touch them. */
final class KeyTypes {
    /** Of a key that is not there. */
    static final String NONE = "none";

    private static final Bytes TYPE = Bytes.of("TYPE");

    private KeyTypes() {}

    /** What a key is that commands of this group write; null where that differs from command to command. */
    static @Nullable String of(CommandGroup group) {
        return switch (group) {
            case STRING, BITMAP, HYPERLOGLOG -> "string";
            case HASH -> "hash";
            case LIST -> "list";
            case SET -> "set";
            case SORTED_SET, GEO -> "zset";
            case STREAM -> "stream";
            case GENERIC, PUBSUB, TRANSACTIONS, SCRIPTING, CONNECTION, SERVER, CLUSTER -> null;
        };
    }

    /** What each of {@code keys} is upstream, in their order; null where it cannot be told. */
    static List<@Nullable String> ask(List<Watched> keys, Asker upstream) throws IOException {
        List<List<Bytes>> questions = new ArrayList<>();
        for (Watched key : keys) {
            questions.add(Batch.select(key.db()));
            questions.add(List.of(TYPE, key.key()));
        }
        questions.add(Batch.select(0));
        List<Reply> replies = upstream.ask(questions);
        List<@Nullable String> types = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            boolean isThere = !(replies.get(2 * i) instanceof Reply.Failure);
            types.add(isThere ? word(replies.get(2 * i + 1)) : null);
        }
        return types;
    }

    /** TYPE answers with a status, which replay's connection gives as a bulk string. */
    private static @Nullable String word(Reply reply) {
        return reply instanceof Reply.Bulk text ? text.value().latin1() : null;
    }
}
