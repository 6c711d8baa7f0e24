package org.culvert.exchange;

/**
 * The request target that a request is forwarded with. A facet of the scope, for the error log.
 *
 * @param uri path and query
 */
public record SentTarget(String uri) {}
