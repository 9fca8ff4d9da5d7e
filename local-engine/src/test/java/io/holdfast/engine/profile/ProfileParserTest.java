package io.holdfast.engine.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A profile with a mistake is refused, with the line and the mistake. */
class ProfileParserTest {
    private static final String GOOD = """
            {
              "name": "shop",
              "views": [
                {
                  "name": "stock",
                  "key": ["product"],
                  "columns": [
                    {"name": "product", "type": "text"},
                    {"name": "pieces", "type": "integer", "default": 0},
                    {"name": "changed_at", "type": "integer", "unit": "seconds"}
                  ],
                  "sources": [
                    {
                      "keys": "stock:{product}",
                      "read": "hash",
                      "values": {
                        "product": {"part": "product"},
                        "pieces": {"field": "pieces"},
                        "changed_at": {"field": "changed", "unit": "milliseconds"}
                      }
                    }
                  ]
                }
              ]
            }
            """;

    @Test
    void whatIsRightIsTaken() throws BadProfileException {
        Profile profile = ProfileParser.parse("shop.json", GOOD);
        assertThat(profile.views()).singleElement().satisfies(view -> {
            assertThat(view.name()).isEqualTo("stock");
            assertThat(view.columns())
                    .extracting(Profile.Column::name)
                    .containsExactly("product", "pieces", "changed_at");
        });
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', textBlock = """
            "views": [             | "vews": [                        | shop.json, line 3: a profile has no 'vews'; the nearest is 'views'
            "key": ["product"]     | "key": ["prodct"]                | shop.json, line 6: there is no column 'prodct'; the nearest is 'product'
            "type": "integer", "def | "type": "int", "def             | shop.json, line 9: 'type' has no 'int'; the nearest is 'text', and there are text, integer, real, json
            "default": 0           | "default": "none"                | shop.json, line 9: 'default' takes a number, as the column does
            "default": 0           | "default": 0, "default": 1       | shop.json, line 9: this is not JSON: Duplicate field 'default'
            "unit": "seconds"      | "unit": "time"                   | shop.json, line 10: a column must be in one unit, not in 'time'
            , "unit": "seconds"    | ''                               | shop.json, line 19: column changed_at has no unit that this could be turned into
            "unit": "milliseconds" | "unit": "cents"                  | shop.json, line 19: this cannot be turned into the unit of column changed_at
            "unit": "milliseconds" | "unit": "minutes"                | shop.json, line 19: 'unit' has no 'minutes'; the nearest is 'cents', and there are time, seconds, milliseconds, iso, hour, day, stamp, decimal, cents, cents-or-decimal
            "stock:{product}"      | "{product}"                      | shop.json, line 14: '{product}' must begin with a text, so that an index finds its keys
            "stock:{product}"      | "stock:{product}{place}"         | shop.json, line 14: 'stock:{product}{place}' has two parts with nothing between them: nobody knows where one ends
            "stock:{product}"      | "stock:{product"                 | shop.json, line 14: 'stock:{product' has a brace that begins no part such as {name} or {name:13}; a brace itself is written {{ or }}
            "stock:{product}"      | "stock:{produkt}"                | shop.json, line 17: 'stock:{produkt}' has no part 'product'; the nearest is 'produkt'
            "read": "hash"         | "read": "map"                    | shop.json, line 15: 'read' has no 'map'; the nearest is 'hash', and there are hash, json, string, list, set, sorted-set
            "read": "hash"         | "read": "set"                    | shop.json, line 18: only a hash has fields
            "read": "hash"         | "read": "hash", "newest": "tail" | shop.json, line 15: only a list has a newest end
            "product": {"part": "product"}, | ''                      | shop.json, line 13: this source says nothing about product, which belongs to the key
            {"field": "pieces"}    | {"feild": "pieces"}              | shop.json, line 18: a value here has no 'feild'; the nearest is 'field'
            {"field": "pieces"}    | {"field": "pieces", "path": "x"} | shop.json, line 18: a value of 'field' has no 'path'; the nearest is 'unit'
            {"field": "pieces"}    | "pieces"                         | shop.json, line 18: a value is an object such as {"constant": …}
            {"field": "pieces"}    | {"json": "$.pieces"}             | shop.json, line 18: a hash is read by 'field'
            "name": "shop"         | "name": "**//; drop"             | shop.json, line 2: '**//; drop' is no name: letters, digits, spaces, '_', '.' and '-'
            "name": "stock"        | "name": "Stock!"                 | shop.json, line 5: 'Stock!' is no name: small letters, digits and _, and no digit first
            """)
    void aMistakeIsNamedWithItsLine(String right, String wrong, String message) {
        assertThat(GOOD).contains(right);
        String text = GOOD.replace(right, wrong);
        assertThatThrownBy(() -> ProfileParser.parse("shop.json", text))
                .isInstanceOf(BadProfileException.class)
                .hasMessage(message);
    }

    @Test
    void columnsThatWaitForEachOtherAreNamed() {
        String text = GOOD.replace("\"default\": 0}", "\"else\": [{\"column\": \"changed_at\"}]}")
                .replace("\"unit\": \"seconds\"}", "\"unit\": \"seconds\", \"else\": [{\"column\": \"pieces\"}]}");
        assertThatThrownBy(() -> ProfileParser.parse("shop.json", text))
                .hasMessage("shop.json, line 9: columns wait for each other: pieces, changed_at");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            "path": "s/{product}.json", "view": "stok"                       | there is no view 'stok'; the nearest is 'stock'
            "path": "s/{prodct}.json", "view": "stock"                       | there is no column 'prodct'; the nearest is 'product'
            "path": "s/{product:day}.json", "view": "stock"                  | column product cannot be turned into that unit
            "path": "s/{product}.json", "view": "stock", "newest": "at"      | there is no column 'at'; the nearest is 'product'
            "path": "s/{product}.json", "view": "stock", "where": {"p": "1"} | there is no column 'p'; the nearest is 'pieces'
            "path": "s/{product}.json", "view": "stock", "when": 1           | a file has no 'when'; the nearest is 'where'
            """)
    void aFileWithAMistakeIsNamedWithItsLine(String file, String message) {
        String text = GOOD.replace("\"views\"", "\"files\": [{" + file + "}],\n  \"views\"");
        assertThatThrownBy(() -> ProfileParser.parse("shop.json", text)).hasMessage("shop.json, line 3: " + message);
    }

    @Test
    void aProfileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Profiles.load(List.of("agent-observabilty")))
                .hasMessage("agent-observabilty: there is no such file, and of the profiles that come with Holdfast"
                        + " the nearest is 'agent-observability'");
    }

    @Test
    void twoProfilesDoNotMakeOneView(@TempDir Path dir) throws Exception {
        Path one = Files.writeString(dir.resolve("one.json"), GOOD);
        Path two = Files.writeString(dir.resolve("two.json"), GOOD);
        assertThatThrownBy(() -> Profiles.load(List.of(one.toString(), two.toString())))
                .hasMessage(two + ", line 4: the profile " + one + " has a view stock already");
    }

    @ParameterizedTest
    @CsvSource({"keyspace", "stream_entry", "profile_key"})
    void aViewIsNotCalledAsWhatStorageHas(String name, @TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("shop.json"), GOOD.replace("\"stock\"", '"' + name + '"'));
        assertThatThrownBy(() -> Profiles.load(List.of(file.toString())))
                .hasMessage(file + ", line 4: storage.db has something of its own of the name " + name);
    }

    private static final String GOOD_LOG = """
            {
              "name": "shop",
              "logs": [
                {
                  "name": "orders",
                  "keys": "orders:{country:2}:{shop}",
                  "read": "list", "newest": "tail",
                  "max_file_mb": 8,
                  "retention_days": 7
                }
              ]
            }
            """;

    @Test
    void aProfileMayHaveLogsAlone() throws BadProfileException {
        Profile profile = ProfileParser.parse("shop.json", GOOD_LOG);
        assertThat(profile.views()).isEmpty();
        assertThat(profile.logs()).singleElement().satisfies(log -> {
            assertThat(log.directory(List.of("de", "a/../b"))).isEqualTo("logs/orders/de/a%2f.%2e%2fb");
            assertThat(log.fileBytesMax()).isEqualTo(8 << 20);
            assertThat(log.totalBytesMax()).isEqualTo(500 << 20);
            assertThat(log.retentionDays()).isEqualTo(7);
        });
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', textBlock = """
            "logs": [                 | "lgos": [                 | shop.json, line 3: a profile has no 'lgos'; the nearest is 'logs'
            "name": "orders"          | "name": "../orders"       | shop.json, line 5: '../orders' is no name of a log: small letters, digits, '_' and '-', and a letter first
            "orders:{country:2}:{shop}" | "orders:*"              | shop.json, line 6: 'orders:*' has a part without a name: each is a directory, so that no two keys share a file
            "orders:{country:2}:{shop}" | "{country}:{shop}"      | shop.json, line 6: '{country}:{shop}' must begin with a text, so that an index finds its keys
            "read": "list"            | "read": "hash"            | shop.json, line 7: 'read' has no 'hash'; the nearest is 'list', and there are list, stream
            "read": "list"            | "read": "stream"          | shop.json, line 7: only a list has a newest end
            , "newest": "tail"        | ''                        | shop.json, line 4: a log of lists needs 'newest': 'head' where LPUSH adds to them, 'tail' where RPUSH does
            "newest": "tail"          | "newest": "end"           | shop.json, line 7: 'newest' has no 'end'; the nearest is 'head', and there are head, tail
            "max_file_mb": 8          | "max_file_mb": 0          | shop.json, line 8: 'max_file_mb' goes from 1 to 1048576
            "max_file_mb": 8          | "max_file_mb": 8, "max_total_mb": 4 | shop.json, line 8: 'max_total_mb' is less than one file may have ('max_file_mb', 8)
            "retention_days": 7       | "retention_days": -1      | shop.json, line 9: 'retention_days' takes a whole number
            "retention_days": 7       | "retention_day": 7        | shop.json, line 9: a log has no 'retention_day'; the nearest is 'retention_days'
            """)
    void aMistakeInALogIsNamedWithItsLine(String right, String wrong, String message) {
        assertThat(GOOD_LOG).contains(right);
        assertThatThrownBy(() -> ProfileParser.parse("shop.json", GOOD_LOG.replace(right, wrong)))
                .isInstanceOf(BadProfileException.class)
                .hasMessage(message);
    }

    @Test
    void twoProfilesHaveNoLogOfOneName(@TempDir Path dir) throws Exception {
        Path one = Files.writeString(dir.resolve("one.json"), GOOD_LOG);
        Path two = Files.writeString(dir.resolve("two.json"), GOOD_LOG);
        assertThatThrownBy(() -> Profiles.load(List.of(one.toString(), two.toString())))
                .isInstanceOf(BadProfileException.class)
                .hasMessage(two + ", line 4: the profile " + one + " has a log orders already");
    }
}
