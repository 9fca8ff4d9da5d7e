package io.holdfast.proxy.files;

import io.holdfast.resp.Bytes;

/**
 * Lines that belong at the end of a file.
 *
 * @param path below the data directory, with slashes
 * @param at the file's length without them
 */
record LogAppend(String path, long at, Bytes lines) {}
