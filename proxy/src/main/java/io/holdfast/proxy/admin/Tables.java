package io.holdfast.proxy.admin;

import io.holdfast.resp.Reply;
import java.util.function.Consumer;

/** The keys as tables, which can be asked in SQL. Used on the engine loop. */
@FunctionalInterface
public interface Tables {
    /**
     * Answers a question from tables that hold everything that is there now.
     *
     * @param answer takes rows behind a row of the columns' names, or an error; later, on the engine loop
     */
    void ask(String sql, Consumer<Reply> answer);
}
