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
                new SetCommands(),
                new SortedSetCommands(),
                new SortedSetRangeCommands(),
                new SortedSetAlgebra(),
                new TransactionCommands(),
                new PubSubCommands(),
                new KeyCommands(),
                new ExpiryCommands(),
                new ScanCommands(),
                new SortCommands(),
                new ConnectionCommands(),
                new ClientCommands(),
                new ServerCommands(),
                new ConfigCommands(),
                new AclCommands(),
                new PersistenceCommands(),
                new ReplicationCommands(),
                new MemoryCommands(),
                new DebugCommands(),
                new CommandCommands());
    }
}
