package io.holdfast.engine.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a profile becomes, word by word, and that no part of it is nested too deep. */
class ViewSqlTest {
    /** SQLite's parser goes a hundred symbols deep in many builds, of which a parenthesis or a case takes about five. */
    private static final int DEPTH_MAX = 14;

    private static final Pattern WORD = Pattern.compile("[()]|\\w+");

    @Test
    void aSmallProfileReadsAsOneWouldWriteIt() throws BadProfileException {
        Profile profile = ProfileParser.parse("s", """
                {"name": "s", "database": 3, "views": [{
                  "name": "stock", "key": ["product"],
                  "columns": [{"name": "product", "type": "text"}, {"name": "note", "type": "text", "default": "it's new"}],
                  "sources": [{"keys": "stock:{product}", "read": "hash",
                    "values": {"product": {"part": "product"}, "note": {"field": "note"}}}]}]}
                """);
        var statements = ViewSql.of(List.of(profile));
        assertThat(statements).containsOnlyKeys("profile_key", "profile_stock#1", "profile_stock_rows", "stock");
        assertThat(statements.get("profile_key"))
                .isEqualTo("create index profile_key on keyspace (key) /* holdfast profile */");
        assertThat(statements.get("profile_stock#1")).isEqualTo("""
                create index "profile_stock#1" on keyspace (substr(cast(key as text), 7)) /* holdfast profile s */
                where key >= x'73746f636b3a' and key < x'73746f636b3b'""");
        assertThat(statements.get("profile_stock_rows")).isEqualTo("""
                create view "profile_stock_rows" as /* holdfast profile s */
                select 1 as "source",
                    substr(cast(k.key as text), 7) as "product",
                    (select cast(f.value as text) from hash_field f where f.key_id = k.id and f.field = x'6e6f7465') as "note",
                    min(k.key) as "rank"
                from keyspace k
                where k.db = 3 and k.type = 'hash'
                    and k.key >= x'73746f636b3a' and k.key < x'73746f636b3b' and cast(k.key as text) glob 'stock:?*'
                    and (k.expires_at_ms is null or k.expires_at_ms > cast((julianday('now') - 2440587.5) * 86400000 as integer))
                    and substr(cast(k.key as text), 7) is not null
                group by substr(cast(k.key as text), 7)""");
        assertThat(statements.get("stock")).isEqualTo("""
                create view "stock" as /* holdfast profile s */
                select
                    r."product" as "product",
                    cast(coalesce(r."note", 'it''s new') as text) as "note"
                from "profile_stock_rows" r""");
    }

    @Test
    void noStatementIsNestedTooDeepForOtherPeoplesSqlite() throws BadProfileException {
        assertThat(ViewSql.of(Profiles.load(Profiles.SHIPPED)).values())
                .isNotEmpty()
                .allSatisfy(sql -> assertThat(depth(sql)).as(sql).isLessThanOrEqualTo(DEPTH_MAX));
    }

    private static int depth(String sql) {
        int depth = 0;
        int deepest = 0;
        for (MatchResult found :
                WORD.matcher(sql.replaceAll("'[^']*'", "''")).results().toList()) {
            String word = found.group();
            if (word.equals("(") || word.equals("case")) {
                depth++;
            } else if (word.equals(")") || word.equals("end")) {
                depth--;
            }
            deepest = Math.max(deepest, depth);
        }
        return deepest;
    }
}
