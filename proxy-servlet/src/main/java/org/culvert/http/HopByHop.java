package org.culvert.http;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The one place where fields that concern a single connection are taken away (RFC 9110, section
 * 7.6.1). To be applied to a head as it was received, before the location's own fields are added:
 * so {@code Connection: close, X-Remote-User} takes away the X-Remote-User that the client sent and
 * never the one that {@code proxy_set_header} sets.
 */
public final class HopByHop {
  private static final Set<String> ALWAYS =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  /** Framing and routing do not change because a sender names them in Connection. */
  private static final Set<String> NEVER = Set.of("host", "content-length");

  private HopByHop() {}

  /** Removes the hop-by-hop fields, and those that the sender's own Connection names. */
  public static void strip(HeaderFields fields) {
    Set<String> named = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String value : fields.all("Connection")) {
      named.addAll(FieldValues.tokens(value));
    }
    NEVER.forEach(named::remove);
    fields.removeIf(field -> isHopByHop(field.name()) || named.contains(field.name()));
  }

  /** Whether a field of that name always concerns one connection only. */
  public static boolean isHopByHop(String name) {
    return ALWAYS.contains(name.toLowerCase(Locale.ROOT));
  }
}
