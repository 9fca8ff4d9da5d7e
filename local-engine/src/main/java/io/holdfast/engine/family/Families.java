package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandFamily;
import java.util.List;

/** Every family of commands that the engine has. */
public final class Families {
    private Families() {}

    public static List<CommandFamily> all() {
        return List.of(
                new StringCommands(),
                new HashCommands(),
                new ListCommands(),
                new ListMoveCommands(),
                new BlockingListCommands(),
                new SetCommands(),
                new SortedSetCommands(),
                new SortedSetRangeCommands(),
                new SortedSetAlgebra(),
                new BitmapCommands(),
                new HyperLogLogCommands(),
                new GeoCommands(),
                new BlockingSortedSetCommands(),
                new StreamCommands(),
                new StreamReadCommands(),
                new StreamGroupCommands(),
                new StreamClaimCommands(),
                new StreamInfoCommands(),
                new TransactionCommands(),
                new PubSubCommands(),
                new ScriptCommands(),
                new FunctionCommands(),
                new KeyCommands(),
                new DumpCommands(),
                new ExpiryCommands(),
                new ScanCommands(),
                new SortCommands(),
                new ConnectionCommands(),
                new ClientCommands(),
                new ServerCommands(),
                new RecordCommands(),
                new LolwutCommands(),
                new ConfigCommands(),
                new AclCommands(),
                new PersistenceCommands(),
                new ReplicationCommands(),
                new MemoryCommands(),
                new DebugCommands(),
                new CommandCommands());
    }
}
