package org.culvert.http;

/**
 * A request without its body.
 *
 * @param method the method as sent, for an HTTP/2 extended CONNECT "GET"
 * @param target the request target in origin form, raw as the client sent it: path and, after "?",
 *     the query (RFC 9112, section 3.2)
 * @param protocol "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0"
 * @param fields the header fields; owned by this head
 */
public record RequestHead(String method, String target, String protocol, HeaderFields fields) {}
