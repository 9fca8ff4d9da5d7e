package io.holdfast.proxy.http;

import io.holdfast.resp.Reply;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a request is answered: always JSON. Immutable.
 *
 * @param status of HTTP
 * @param headers beyond those that every answer has
 */
record Answer(int status, Map<String, Object> body, Map<String, String> headers) {
    /** Errors of Redis that say that nothing is wrong with the command: it may be tried again. */
    private static final Set<String> NOT_NOW = Set.of(
            "BUSY",
            "LOADING",
            "MISCONF",
            "OOM",
            "DISKFULL",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "NOREPLICAS",
            "READONLY",
            "FENCED",
            "UNBLOCKED");

    private static final String UNCERTAIN = "UNCERTAIN";

    static Answer of(Map<String, Object> body) {
        return new Answer(200, body, Map.of());
    }

    static Answer of(int status, Map<String, Object> body) {
        return new Answer(status, body, Map.of());
    }

    static Answer error(int status, String what) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("error", what);
        return new Answer(status, body, Map.of());
    }

    static Answer unauthorized(String what) {
        return new Answer(
                401,
                error(401, what).body(),
                Map.of("WWW-Authenticate", "Basic realm=\"Holdfast\", charset=\"UTF-8\""));
    }

    /** A command was refused: who may not gets 401 or 403, what cannot be now 503, and the rest 409. */
    static Answer refused(Reply.Failure failure) {
        String text = failure.text().utf8();
        int space = text.indexOf(' ');
        String code = space < 0 ? text : text.substring(0, space);
        if (code.equals("NOAUTH")) {
            return unauthorized("a password is asked for here: send it by HTTP Basic as user:password, or as"
                    + " Authorization: Bearer <password of the default user>");
        } else if (code.equals("WRONGPASS")) {
            return unauthorized("the user or the password is wrong, or the user is off");
        } else if (code.equals("NOPERM")) {
            return error(403, text);
        } else if (code.equals(UNCERTAIN)) {
            return error(503, text + ": it may have been carried out, or not");
        }
        return error(NOT_NOW.contains(code) ? 503 : 409, code.equals("ERR") ? text.substring(space + 1) : text);
    }

    /** The engine had something else to do: a script that takes its time, a value that is loaded. */
    static Answer engineIsBusy() {
        return error(
                503,
                "the engine did not answer within " + Errand.ENGINE_MS_MAX + " ms, as while a script runs; ask again");
    }
}
