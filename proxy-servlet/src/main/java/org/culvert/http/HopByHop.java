package org.culvert.http;

import java.util.ArrayList;
import java.util.List;

/**
 * The one place where fields that concern a single connection are taken away (RFC 9110, section
 * 7.6.1). To be applied to a head as it was received, before the location's own fields are added:
 * so {@code Connection: close, X-Remote-User} takes away the X-Remote-User that the client sent and
 * never the one that {@code proxy_set_header} sets.
 */
public final class HopByHop {

  private HopByHop() {}

  /** Removes the hop-by-hop fields, and those that the sender's own Connection names. */
  public static void strip(HeaderFields fields) {
    List<String> named = named(fields);
    fields.removeIf(field -> isHopByHop(field.name()) || isIn(named, field));
  }

  /** Framing and routing do not change because a sender names them in Connection. */
  private static List<String> named(HeaderFields fields) {
    List<String> named = List.of();
    for (HeaderField field : fields) {
      if (field.is("Connection")) {
        if (named.isEmpty()) {
          named = new ArrayList<>(2);
        }
        named.addAll(FieldValues.tokens(field.value()));
      }
    }
    if (!named.isEmpty()) {
      named.removeIf(
          name -> name.equalsIgnoreCase("Host") || name.equalsIgnoreCase("Content-Length"));
    }
    return named;
  }

  private static boolean isIn(List<String> named, HeaderField field) {
    for (int i = 0; i < named.size(); i++) {
      if (field.is(named.get(i))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a field of that name always concerns one connection only. */
  public static boolean isHopByHop(String name) {
    return switch (name.length()) {
      case 2 -> name.equalsIgnoreCase("TE");
      case 7 -> name.equalsIgnoreCase("Trailer") || name.equalsIgnoreCase("Upgrade");
      case 10 -> name.equalsIgnoreCase("Connection") || name.equalsIgnoreCase("Keep-Alive");
      case 14 -> name.equalsIgnoreCase("HTTP2-Settings");
      case 16 -> name.equalsIgnoreCase("Proxy-Connection");
      case 17 -> name.equalsIgnoreCase("Transfer-Encoding");
      default -> false;
    };
  }
}
