package org.culvert.encoding;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.culvert.http.FieldValues;
import org.culvert.http.HeaderFields;
import org.culvert.http.HttpDate;
import org.culvert.http.RequestHead;
import org.culvert.variable.Regex;
import org.jspecify.annotations.Nullable;

/**
 * Who gets gzip (nginx, {@code ngx_http_gzip_ok}).
 *
 * @param http10 whether clients of HTTP/1.0 do, {@code gzip_http_version}
 * @param proxied what of an answer permits it for a request that came through another proxy, one
 *     that has {@code Via}; empty for nothing
 * @param msie6 whether Internet Explorer 4 to 6 get none, {@code gzip_disable msie6}
 * @param disabled user agents that get none, {@code gzip_disable}
 */
public record GzipClients(
    boolean http10, Set<Proxied> proxied, boolean msie6, List<Regex> disabled) {
  /** The parameters of {@code gzip_proxied}, but {@code off}. */
  public enum Proxied {
    EXPIRED,
    NO_CACHE,
    NO_STORE,
    PRIVATE,
    NO_LAST_MODIFIED,
    NO_ETAG,
    AUTH,
    ANY
  }

  /** The first "gzip" in the field decides. */
  private static final Pattern NAMED = Pattern.compile("(?:^|[ ,])gzip", Pattern.CASE_INSENSITIVE);

  /** What may follow: nothing, or a weight above zero that is well-formed as nginx reads it. */
  private static final Pattern WANTED =
      Pattern.compile(
          " *+(?:$|,|; *+(?:$|q=(?:1(?:\\.0{0,3})?|0\\.(?=0{0,2}[1-9])[0-9]{1,3})(?:[ ,]|$)))",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern MSIE =
      Pattern.compile("MSIE (?:[45]\\.|6\\.(?!.*SV1)).", Pattern.DOTALL);

  /** Sets and lists that nobody changes. */
  public GzipClients {
    proxied = Set.copyOf(proxied);
    disabled = List.copyOf(disabled);
  }

  /**
   * Whether who asks gets gzip.
   *
   * @param answer the answer's fields
   */
  public boolean accept(RequestHead request, HeaderFields answer) {
    HeaderFields fields = request.fields();
    String agent = fields.first("User-Agent");
    return names(fields.first("Accept-Encoding"))
        && (http10 || !isOld(request.protocol()))
        && !(msie6 && agent != null && MSIE.matcher(agent).find())
        && (!fields.contains("Via") || permits(fields, answer))
        && (agent == null || disabled.stream().noneMatch(regex -> regex.isIn(agent, true)));
  }

  private static boolean isOld(String protocol) {
    return protocol.equals("HTTP/1.0") || protocol.equals("HTTP/0.9");
  }

  static boolean names(@Nullable String accepted) {
    if (accepted == null) {
      return false;
    }
    Matcher named = NAMED.matcher(accepted);
    return named.find()
        && WANTED.matcher(accepted).region(named.end(), accepted.length()).lookingAt();
  }

  /** Whether an answer may be compressed for another proxy. */
  private boolean permits(HeaderFields request, HeaderFields answer) {
    if (proxied.isEmpty()) {
      return false;
    }
    if (proxied.contains(Proxied.ANY)
        || (proxied.contains(Proxied.AUTH) && request.contains("Authorization"))) {
      return true;
    }
    String expires = answer.first("Expires");
    if (expires != null) {
      return proxied.contains(Proxied.EXPIRED) && isPast(expires, answer.first("Date"));
    }
    String control = answer.joined("Cache-Control");
    if (control != null) {
      return says(Proxied.NO_CACHE, control, "no-cache")
          || says(Proxied.NO_STORE, control, "no-store")
          || says(Proxied.PRIVATE, control, "private");
    }
    return !(proxied.contains(Proxied.NO_LAST_MODIFIED) && answer.contains("Last-Modified"))
        && !(proxied.contains(Proxied.NO_ETAG) && answer.contains("ETag"));
  }

  private boolean says(Proxied permission, String control, String token) {
    return proxied.contains(permission) && FieldValues.hasToken(control, token);
  }

  private static boolean isPast(String expires, @Nullable String date) {
    long time = HttpDate.parse(expires);
    long now = date == null ? System.currentTimeMillis() / 1000 : HttpDate.parse(date);
    return time >= 0 && now >= 0 && time < now;
  }
}
