package io.holdfast.proxy.upstream;

import io.holdfast.resp.RespVersion;

/** What must be equal for requests to share a link: the database, and the version the replies are spelled in. */
public record LinkKey(int db, RespVersion resp) {}
