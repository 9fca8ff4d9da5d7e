package io.holdfast.proxy.admin;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** Goes through numbered rows a page at a time, so that replay gets at the file in between. */
final class Pages {
    private static final int ROWS = 200;

    private Pages() {}

    /** Where the rows are. */
    interface Source<T> {
        /** The oldest ones behind the number {@code after}, at most {@code limit}; none when there are no more. */
        List<T> page(long after, int limit);
    }

    /**
     * Visits the rows that are chosen, the oldest first.
     *
     * @param from the smallest number
     * @param count of rows, at most
     */
    static <T> void forEach(
            Source<T> source,
            ToLongFunction<T> number,
            long from,
            long count,
            Predicate<T> isChosen,
            Consumer<T> visitor) {
        long left = count;
        List<T> page = source.page(Math.max(0, from - 1), ROWS);
        while (!page.isEmpty() && left > 0) {
            for (T row : page) {
                if (left > 0 && isChosen.test(row)) {
                    visitor.accept(row);
                    left--;
                }
            }
            page = left == 0 ? List.of() : source.page(number.applyAsLong(page.get(page.size() - 1)), ROWS);
        }
    }
}
