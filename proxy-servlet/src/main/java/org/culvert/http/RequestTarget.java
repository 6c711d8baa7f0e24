package org.culvert.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request target as nginx sees it: the raw text, and the normalised path that locations are
 * matched against (percent-decoded, {@code .} and {@code ..} resolved, adjacent slashes merged;
 * nginx, "location"). All are octet strings ({@link Octets}).
 *
 * @param raw path and query as sent ({@code $request_uri})
 * @param path the normalised path, starting with "/" ({@code $uri})
 * @param query what follows "?", without it and without a fragment; null where there is no "?"
 *     ({@code $args})
 * @param rawPath the path as sent, without query and fragment
 * @param authority host and port of an absolute-form target (RFC 9112, section 3.2.2), which
 *     override the Host field; else null
 */
public record RequestTarget(
    String raw, String path, @Nullable String query, String rawPath, @Nullable String authority) {

  /**
   * Reads a target in origin or absolute form.
   *
   * @param target what stands between method and version, as octets
   * @throws GatewayFailure BAD_REQUEST, where nginx answers 400: control characters or spaces, a
   *     bad or truncated escape, {@code %00}, {@code ..} above the root, or neither form
   */
  public static RequestTarget parse(String target) throws GatewayFailure {
    return parse(target, true);
  }

  /**
   * The same with {@code merge_slashes}.
   *
   * @param mergeSlashes whether slashes behind another are one
   */
  public static RequestTarget parse(String target, boolean mergeSlashes) throws GatewayFailure {
    if (target.startsWith("/")) {
      return origin(target, null, mergeSlashes);
    }
    int colon = target.indexOf("://");
    if (colon > 0 && isScheme(target.substring(0, colon))) {
      int start = colon + 3;
      int end = start;
      while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
        end++;
      }
      if (end == start) {
        throw bad("no host", target);
      }
      String authority = target.substring(start, end);
      if (authority.indexOf('@') >= 0 || target.startsWith("#", end)) {
        throw bad("a host that is none", target);
      }
      String rest = target.substring(end);
      return origin(rest.startsWith("/") ? rest : "/" + rest, authority, mergeSlashes);
    }
    throw bad("neither a path nor an absolute URI", target);
  }

  /**
   * The target of an internal redirect: a path that is normalised already. Its raw form is the
   * escaped one, so that forwarding it needs no distinction.
   *
   * @param path starts with "/"
   * @param query without "?", or null
   */
  public static RequestTarget internal(String path, @Nullable String query) {
    String rawPath = UriEscaping.path(path);
    return new RequestTarget(
        query == null || query.isEmpty() ? rawPath : rawPath + "?" + query,
        path,
        query,
        rawPath,
        null);
  }

  /** An internal redirect to {@code path[?query]}. */
  public static RequestTarget internal(String uri) {
    int mark = uri.indexOf('?');
    return mark < 0
        ? internal(uri, null)
        : internal(uri.substring(0, mark), uri.substring(mark + 1));
  }

  /**
   * An internal redirect to a URI that a backend names ({@code X-Accel-Redirect}; nginx, {@code
   * ngx_http_parse_unsafe_uri}): its escapes are undone, but it is not normalised.
   *
   * @return null for one that is empty or no path, has a bad escape or a NUL, or goes up
   */
  public static @Nullable RequestTarget unsafe(String uri) {
    int mark = uri.indexOf('?');
    String path = UriEscaping.unescaped(mark < 0 ? uri : uri.substring(0, mark));
    if (path == null || !path.startsWith("/")) {
      return null;
    }
    boolean safe = path.indexOf('\0') < 0 && !(path + "/").contains("/../");
    return safe ? internal(path, mark < 0 ? null : uri.substring(mark + 1)) : null;
  }

  /** The same path with another query: what {@code set $args} does. */
  public RequestTarget withQuery(String newQuery) {
    String newPath = forwardedPath(0);
    String newRaw = newQuery.isEmpty() ? newPath : newPath + "?" + newQuery;
    return new RequestTarget(newRaw, path, newQuery, newPath, authority);
  }

  /** The same arguments and raw text with another path: what {@code try_files} does. */
  public RequestTarget withPath(String newPath) {
    return new RequestTarget(raw, newPath, query, rawPath, authority);
  }

  /**
   * The normalised path from {@code start} on, fit to be sent: escaped as nginx does when {@code
   * proxy_pass} replaces a prefix, which is only where the client's path had an escape.
   */
  public String forwardedPath(int start) {
    String tail = path.substring(Math.min(start, path.length()));
    return rawPath.indexOf('%') >= 0 ? UriEscaping.path(tail) : tail;
  }

  private static RequestTarget origin(String raw, @Nullable String authority, boolean mergeSlashes)
      throws GatewayFailure {
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c <= ' ' || c == 0x7f) {
        throw bad("a control character or space", raw);
      }
    }
    int fragment = raw.indexOf('#');
    String sent = fragment < 0 ? raw : raw.substring(0, fragment);
    int mark = sent.indexOf('?');
    String rawPath = mark < 0 ? sent : sent.substring(0, mark);
    String query = mark < 0 ? null : sent.substring(mark + 1);
    return new RequestTarget(
        raw, PathNormalizer.normalize(rawPath, mergeSlashes), query, rawPath, authority);
  }

  private static boolean isScheme(String scheme) {
    String s = scheme.toLowerCase(Locale.ROOT);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean letter = c >= 'a' && c <= 'z';
      boolean later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      if (!letter && (i == 0 || !later)) {
        return false;
      }
    }
    return true;
  }

  private static GatewayFailure bad(String why, String target) {
    return new GatewayFailure(
        GatewayFailure.Kind.BAD_REQUEST, "request target with " + why + ": \"" + target + "\"");
  }
}
