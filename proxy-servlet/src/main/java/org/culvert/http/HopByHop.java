package org.culvert.http;

import java.util.Set;
import java.util.TreeSet;

/**
 * The one place where fields that concern a single connection are taken away (RFC 9110, section
 * 7.6.1). To be applied to a head as it was received, before the location's own fields are added:
 * so {@code Connection: close, X-Remote-User} takes away the X-Remote-User that the client sent and
 * never the one that {@code proxy_set_header} sets.
 */
public final class HopByHop {
  private static final String[] ALWAYS = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings"
  };

  /** Framing and routing do not change because a sender names them in Connection. */
  private static final Set<String> NEVER = Set.of("host", "content-length");

  private HopByHop() {}

  /** Removes the hop-by-hop fields, and those that the sender's own Connection names. */
  public static void strip(HeaderFields fields) {
    Set<String> named = Set.of();
    for (HeaderField field : fields) {
      if (field.is("Connection")) {
        named = named.isEmpty() ? new TreeSet<>(String.CASE_INSENSITIVE_ORDER) : named;
        named.addAll(FieldValues.tokens(field.value()));
      }
    }
    if (named.isEmpty()) {
      fields.removeIf(field -> isHopByHop(field.name()));
      return;
    }
    NEVER.forEach(named::remove);
    Set<String> also = named;
    fields.removeIf(field -> isHopByHop(field.name()) || also.contains(field.name()));
  }

  /** Whether a field of that name always concerns one connection only. */
  public static boolean isHopByHop(String name) {
    for (String one : ALWAYS) {
      if (one.equalsIgnoreCase(name)) { // Looks at the length first.
        return true;
      }
    }
    return false;
  }
}
