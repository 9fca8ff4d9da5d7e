package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.Latencies;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.SlowLog;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What is seen of commands that ran: MONITOR, SLOWLOG, LATENCY. */
public final class RecordCommands implements CommandFamily {
    private static final String ALL_NODES = "request_policy:all_nodes";
    private static final String SPECIAL = "response_policy:special";
    private static final String VARIES = "nondeterministic_output";
    private static final String ALL_SUCCEEDED = "response_policy:all_succeeded";
    /** What SLOWLOG GET gives without a count. */
    private static final int SLOW_SHOWN = 10;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        commands.command("MONITOR", exactly(1), CommandKind.CONNECTION)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .costs("")
                .says("Shows this connection every command of every client.")
                .calls(RecordCommands::monitor);
        declareSlowlog(commands);
        declareLatency(commands);
    }

    private static void declareSlowlog(CommandTable.Builder commands) {
        var slowlog = commands.container("SLOWLOG", CommandKind.ADMIN)
                .since("2.2.12")
                .costs("Depends on the subcommand.")
                .says("Lists commands that took long.");
        commands.sub(slowlog, "GET", atLeast(2))
                .flag(Flag.ADMIN, Flag.LOADING, Flag.STALE)
                .since("2.2.12")
                .tip(ALL_NODES, VARIES)
                .costs("O(N) with the number of entries given")
                .says("Lists slow commands, the newest first.")
                .calls(RecordCommands::slowlogGet);
        commands.sub(slowlog, "LEN", exactly(2))
                .flag(Flag.ADMIN, Flag.LOADING, Flag.STALE)
                .since("2.2.12")
                .tip(ALL_NODES, "response_policy:agg_sum", VARIES)
                .costs("O(1)")
                .says("Counts slow commands.")
                .calls(c -> Reply.of(slowLog(c).entries().size()));
        commands.sub(slowlog, "RESET", exactly(2))
                .flag(Flag.ADMIN, Flag.LOADING, Flag.STALE)
                .since("2.2.12")
                .tip(ALL_NODES, ALL_SUCCEEDED)
                .costs("O(N) with the number of entries")
                .says("Forgets slow commands.")
                .calls(c -> {
                    slowLog(c).clear();
                    return Reply.OK;
                });
        HelpText.declare(commands, slowlog, "6.2.0");
    }

    private static void declareLatency(CommandTable.Builder commands) {
        var latency = commands.container("LATENCY", CommandKind.ADMIN)
                .since("2.8.13")
                .costs("Depends on the subcommand.")
                .says("Tells of commands that took long.");
        latency(commands, latency, "LATEST", exactly(2))
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Lists the latest slow event of each kind.")
                .calls(RecordCommands::latest);
        latency(commands, latency, "GRAPH", exactly(3))
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Draws slow events of one kind.")
                .calls(RecordCommands::graph);
        latency(commands, latency, "HISTORY", exactly(3))
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Lists slow events of one kind.")
                .calls(RecordCommands::history);
        latency(commands, latency, "HISTOGRAM", atLeast(2))
                .since("7.0.0")
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Gives the distribution of how long commands took.")
                .calls(RecordCommands::histogram);
        latency(commands, latency, "DOCTOR", exactly(2))
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Says in words what took long.")
                .calls(RecordCommands::doctor);
        latency(commands, latency, "RESET", atLeast(2))
                .tip(ALL_NODES, ALL_SUCCEEDED)
                .says("Forgets slow events.")
                .calls(c -> Reply.of(latencies(c)
                        .reset(Arrays.stream(c.args())
                                .skip(2)
                                .map(Bytes::latin1)
                                .toList())));
        HelpText.declare(commands, latency, "2.8.13");
    }

    private static CommandSpec latency(CommandTable.Builder commands, CommandSpec container, String word, Arity arity) {
        return commands.sub(container, word, arity)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .since("2.8.13")
                .costs("O(1)");
    }

    private static SlowLog slowLog(CommandContext c) {
        return c.server().records().slowLog();
    }

    private static Latencies latencies(CommandContext c) {
        return c.server().records().latencies();
    }

    // ---- functions

    private static Reply monitor(CommandContext c) {
        if (c.isPart()) {
            throw RedisError.of("ERR MONITOR isn't allowed for DENY BLOCKING client");
        }
        c.server().records().monitors().add(c.session());
        return Reply.OK;
    }

    private static Reply slowlogGet(CommandContext c) {
        if (c.argc() > 3) {
            throw RedisError.subcommandSyntax(Objects.requireNonNull(c.spec().parent()), c.arg(1));
        }
        long count = c.argc() == 3 ? RedisInteger.parseOr(c.arg(2), Long.MIN_VALUE) : SLOW_SHOWN;
        if (count < -1) {
            throw RedisError.of("ERR count should be greater than or equal to -1");
        }
        return new Reply.Array(slowLog(c).entries().stream()
                .limit(count == -1 ? Long.MAX_VALUE : count)
                .map(RecordCommands::entry)
                .toList());
    }

    private static Reply entry(SlowLog.Entry entry) {
        return Reply.array(
                Reply.of(entry.id()),
                Reply.of(entry.atSeconds()),
                Reply.of(entry.micros()),
                new Reply.Array(entry.args().stream().map(Reply::bulk).toList()),
                Reply.bulk(entry.client()),
                Reply.bulk(entry.clientName()));
    }

    private static Reply latest(CommandContext c) {
        List<Reply> events = new ArrayList<>();
        latencies(c)
                .events()
                .forEach((name, event) -> events.add(Reply.array(
                        Reply.bulk(name),
                        Reply.of(event.latest().atSeconds()),
                        Reply.of(event.latest().ms()),
                        Reply.of(event.maxMs()))));
        return new Reply.Array(events);
    }

    private static Reply history(CommandContext c) {
        Latencies.Event event = latencies(c).events().get(c.arg(2).latin1());
        return event == null
                ? Reply.EMPTY_ARRAY
                : new Reply.Array(event.samples().stream()
                        .map(sample -> Reply.array(Reply.of(sample.atSeconds()), Reply.of(sample.ms())))
                        .toList());
    }

    private static Reply graph(CommandContext c) {
        String name = c.arg(2).latin1();
        Latencies.Event event = latencies(c).events().get(name);
        if (event == null) {
            throw RedisError.quoting("ERR No samples available for event '", c.arg(2), "'");
        }
        return new Reply.Verbatim("txt", Bytes.ofLatin1(LatencyGraph.of(name, event, c.nowMs() / 1000)));
    }

    private static Reply histogram(CommandContext c) {
        List<Reply> found = new ArrayList<>();
        if (c.argc() == 2) {
            c.server().commands().all().forEach(spec -> addHistograms(c, spec, found));
        }
        for (int i = 2; i < c.argc(); i++) {
            String[] words = c.arg(i).latin1().split("\\|", 2);
            CommandSpec spec = c.server().commands().find(Bytes.of(words[0]));
            if (spec != null && words.length == 2) {
                spec = spec.subcommand(Bytes.of(words[1]));
            }
            if (spec != null) {
                addHistograms(c, spec, found);
            }
        }
        return new Reply.MapOf(found);
    }

    private static void addHistograms(CommandContext c, CommandSpec spec, List<Reply> to) {
        Latencies.Histogram histogram = latencies(c).histogram(spec);
        if (histogram != null && histogram.calls() > 0) {
            List<Reply> buckets = new ArrayList<>();
            histogram.cumulative().forEach((micros, count) -> {
                buckets.add(Reply.of(micros));
                buckets.add(Reply.of(count));
            });
            to.add(Reply.bulk(spec.fullName()));
            to.add(new Reply.MapOf(List.of(
                    Reply.bulk("calls"),
                    Reply.of(histogram.calls()),
                    Reply.bulk("histogram_usec"),
                    new Reply.MapOf(buckets))));
        }
        spec.subcommands().forEach(subcommand -> addHistograms(c, subcommand, to));
    }

    private static Reply doctor(CommandContext c) {
        var report = new StringBuilder();
        if (latencies(c).thresholdMs() == 0) {
            report.append("Latencies are not watched: CONFIG SET latency-monitor-threshold <milliseconds> begins.\n");
        } else if (latencies(c).events().isEmpty()) {
            report.append("Nothing has taken as long as latency-monitor-threshold.\n");
        }
        latencies(c)
                .events()
                .forEach((name, event) -> report.append(name)
                        .append(": ")
                        .append(event.samples().size())
                        .append(" seconds with a latency spike, the worst ")
                        .append(event.maxMs())
                        .append(" ms, the latest ")
                        .append(event.latest().ms())
                        .append(" ms; SLOWLOG GET shows which commands.\n"));
        return new Reply.Verbatim("txt", Bytes.of(report.toString()));
    }
}
