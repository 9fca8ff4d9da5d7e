package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.resp.Reply;
import java.util.List;

/** HOLDFAST SQL: a question to the tables. On the engine loop; answered from elsewhere. */
final class SqlCommand {
    private final Tables tables;

    SqlCommand(Tables tables) {
        this.tables = tables;
    }

    static List<String> help() {
        return List.of(
                "SQL <statement>",
                "    Rows of the tables and of the profiles' views, behind their columns' names; one select, with or values.");
    }

    Reply handle(CommandContext c) {
        tables.ask(c.arg(2).utf8(), c.answerLater());
        return Reply.NONE;
    }
}
