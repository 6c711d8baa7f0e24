package org.culvert.http;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which field names are forwarded, and how they are spelled. */
public final class FieldNames {
  private static final Map<String, String> KNOWN =
      Stream.of(
              ("Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges "
                      + "Access-Control-Request-Headers Access-Control-Request-Method Age "
                      + "Authorization Cache-Control Connection Content-Disposition "
                      + "Content-Encoding Content-Language Content-Length Content-Location "
                      + "Content-MD5 Content-Range Content-Type Cookie Cookie2 Date DNT ETag "
                      + "Expect Expires Forwarded From Host HTTP2-Settings If-Match "
                      + "If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive "
                      + "Last-Modified Link Location Max-Forwards MIME-Version Origin Pragma "
                      + "Proxy-Authorization Range Referer Sec-WebSocket-Extensions "
                      + "Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version TE Trailer "
                      + "Transfer-Encoding Upgrade Upgrade-Insecure-Requests User-Agent Via "
                      + "X-Forwarded-For X-Forwarded-Host X-Forwarded-Port X-Forwarded-Proto "
                      + "X-Forwarded-Server X-Real-IP X-Requested-With")
                  .split(" "))
          .collect(Collectors.toMap(name -> name.toLowerCase(Locale.ROOT), name -> name));

  private FieldNames() {}

  /**
   * The usual spelling of a name that came in lower case, as HTTP/2 and Tomcat give it: a peer may
   * know no other. Unknown names stay as they are.
   */
  public static String usual(String name) {
    return name.isEmpty() || name.charAt(0) < 'a' ? name : KNOWN.getOrDefault(name, name);
  }

  /**
   * Whether a client's field has a usual name: only letters, digits and "-". An underscore would
   * let {@code X_User} pass for {@code X-User} at a backend that does not tell them apart.
   *
   * @param underscores {@code underscores_in_headers}: whether an underscore is usual too
   */
  public static boolean isUsual(String name, boolean underscores) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && !(underscores && c == '_')) {
        return false;
      }
    }
    return !name.isEmpty();
  }
}
