package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What ACL GETUSER of different versions answers, as rules. */
class UpstreamRightsTest {
    private static Reply array(Object... items) {
        return new Reply.Array(Arrays.stream(items)
                .map(item -> item instanceof Reply reply ? reply : Reply.bulk(Bytes.of((String) item)))
                .toList());
    }

    private static List<String> rules(Reply answer) {
        return Objects.requireNonNull(UpstreamRights.rules(answer)).stream()
                .map(Bytes::utf8)
                .toList();
    }

    @Test
    void aUserOfSevenHasRulesAndSelectors() {
        var answer = array(
                "flags",
                array("on"),
                "passwords",
                array("30c952fab122c3f9"),
                "commands",
                "-@all +@read +client|id",
                "keys",
                "~a* %R~b*",
                "channels",
                "&c*",
                "selectors",
                array(array("commands", "-@all +get", "keys", "~z*", "channels", "")));

        assertThat(rules(answer))
                .containsExactly("-@all", "+@read", "+client|id", "~a*", "%R~b*", "&c*", "(-@all +get ~z*)");
    }

    @Test
    void aUserOfSixHasPatterns() {
        var answer = array(
                "flags",
                array("on", "allchannels"),
                "passwords",
                array(),
                "commands",
                "+@all -debug",
                "keys",
                array("a*", "b*"),
                "channels",
                array("*"));

        assertThat(rules(answer)).containsExactly("+@all", "-debug", "~a*", "~b*", "&*");
    }

    @Test
    void aUserThatIsNoMoreMayDoNothing() {
        assertThat(rules(Reply.Null.BULK)).containsExactly("-@all");
    }

    @Test
    void aRefusalSaysNothing() {
        assertThat(UpstreamRights.rules(new Reply.Failure(Bytes.of("NOPERM this user has no permissions"))))
                .isNull();
    }
}
