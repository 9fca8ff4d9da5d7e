package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.List;

/** All that a server tells of a stream, as lines that can be compared: without the times at which it was asked things. */
final class StreamContent {
    private StreamContent() {}

    static Bytes[] reading(Bytes key) {
        return new Bytes[] {Bytes.of("XINFO"), Bytes.of("STREAM"), key, Bytes.of("FULL"), Bytes.of("COUNT"), Bytes.of(0)
        };
    }

    /**
     * @param full a reply to {@link #reading}, in RESP2
     * @param strictness where both ran the same commands they hold entries in the same nodes, unless these were read from
     *     storage, and delivered at other times
     */
    static List<String> of(WireReply full, Snapshot.Strictness strictness) {
        var lines = new ArrayList<String>();
        List<WireReply> facts = full.items();
        for (int i = 0; i < facts.size(); i += 2) {
            String name = facts.get(i).text().latin1();
            if (name.equals("groups")) {
                facts.get(i + 1).items().forEach(group -> addGroup(group, strictness, lines));
            } else if (strictness == Snapshot.Strictness.SAME_COMMANDS || !name.startsWith("radix-tree")) {
                lines.add(name + " " + text(facts.get(i + 1)));
            }
        }
        return lines;
    }

    private static void addGroup(WireReply group, Snapshot.Strictness strictness, List<String> to) {
        List<WireReply> facts = group.items();
        for (int i = 0; i < facts.size(); i += 2) {
            String name = facts.get(i).text().latin1();
            WireReply value = facts.get(i + 1);
            if (name.equals("consumers")) {
                value.items().forEach(consumer -> addConsumer(consumer, to));
            } else if (name.equals("pending")) {
                value.items().forEach(entry -> addPending(entry, strictness, to));
            } else {
                to.add("  " + name + " " + text(value));
            }
        }
    }

    private static void addPending(WireReply entry, Snapshot.Strictness strictness, List<String> to) {
        List<WireReply> facts = entry.items();
        String delivered = strictness == Snapshot.Strictness.EFFECTS ? " at " + text(facts.get(2)) : "";
        String owner = text(facts.get(0)) + " of " + text(facts.get(1));
        to.add("    pending " + owner + delivered + " times " + text(facts.get(3)));
    }

    /** What is pending for it was told by its group. */
    private static void addConsumer(WireReply consumer, List<String> to) {
        List<WireReply> facts = consumer.items();
        var text = new StringBuilder("    consumer");
        for (int i = 0; i < facts.size(); i += 2) {
            String name = facts.get(i).text().latin1();
            if (name.equals("name") || name.equals("pel-count")) {
                text.append(' ').append(text(facts.get(i + 1)));
            } else if (name.equals("pending")) {
                facts.get(i + 1)
                        .items()
                        .forEach(entry ->
                                text.append(' ').append(text(entry.items().get(0))));
            }
        }
        to.add(text.toString());
    }

    private static String text(WireReply reply) {
        if (reply.isNull()) {
            return "null";
        }
        return reply.type() == '*'
                ? reply.items().stream().map(StreamContent::text).toList().toString()
                : reply.text().toString();
    }
}
