package org.culvert.http;

import org.jspecify.annotations.Nullable;

/**
 * A request target as nginx sees it: the raw text, and the normalised path that locations are
 * matched against (percent-decoded, {@code .} and {@code ..} resolved, adjacent slashes merged;
 * nginx, "location").
 *
 * @param raw path and query as sent ({@code $request_uri})
 * @param path the normalised path, starting with "/" ({@code $uri})
 * @param query what follows "?", without it; null where there is no "?" ({@code $args})
 * @param rawPath the path as sent, without the query
 */
public record RequestTarget(String raw, String path, @Nullable String query, String rawPath) {}
