package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All that a server tells of a stream, as lines that can be compared: without the times at which it was asked things. */
public final class StreamContent {
    /** What two streams with the same entries need not have in common. */
    public enum Detail {
        /** How its entries lie in nodes: the same only where the same commands have made them. */
        NODES,
        /** When entries were delivered: the same only where the one got the other's effects. */
        DELIVERY_TIMES
    }

    private StreamContent() {}

    public static Bytes[] reading(Bytes key) {
        return new Bytes[] {Bytes.of("XINFO"), Bytes.of("STREAM"), key, Bytes.of("FULL"), Bytes.of("COUNT"), Bytes.of(0)
        };
    }

    /**
     * @param full a reply to {@link #reading}, in RESP2
     */
    public static List<String> of(WireReply full, Set<Detail> details) {
        var lines = new ArrayList<String>();
        List<WireReply> facts = full.items();
        for (int i = 0; i < facts.size(); i += 2) {
            String name = facts.get(i).text().latin1();
            if (name.equals("groups")) {
                facts.get(i + 1).items().forEach(group -> addGroup(group, details, lines));
            } else if (details.contains(Detail.NODES) || !name.startsWith("radix-tree")) {
                lines.add(name + " " + text(facts.get(i + 1)));
            }
        }
        return lines;
    }

    private static void addGroup(WireReply group, Set<Detail> details, List<String> to) {
        List<WireReply> facts = group.items();
        for (int i = 0; i < facts.size(); i += 2) {
            String name = facts.get(i).text().latin1();
            WireReply value = facts.get(i + 1);
            if (name.equals("consumers")) {
                value.items().forEach(consumer -> addConsumer(consumer, to));
            } else if (name.equals("pending")) {
                value.items().forEach(entry -> addPending(entry, details, to));
            } else {
                to.add("  " + name + " " + text(value));
            }
        }
    }

    private static void addPending(WireReply entry, Set<Detail> details, List<String> to) {
        List<WireReply> facts = entry.items();
        String delivered = details.contains(Detail.DELIVERY_TIMES) ? " at " + text(facts.get(2)) : "";
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
