package org.culvert.http;

import org.jspecify.annotations.Nullable;

/**
 * A response without its body.
 *
 * @param status the status code, 100 to 999
 * @param reason the reason phrase, or null where the protocol or the sender has none
 * @param fields the header fields; owned by this head
 */
public record ResponseHead(int status, @Nullable String reason, HeaderFields fields) {}
