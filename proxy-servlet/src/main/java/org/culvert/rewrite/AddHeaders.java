package org.culvert.rewrite;

import java.util.List;
import java.util.Set;
import org.culvert.http.HeaderFields;
import org.culvert.variable.Scope;

/** Runs {@code add_header}. */
public final class AddHeaders {
  private static final Set<Integer> STATUSES =
      Set.of(200, 201, 204, 206, 301, 302, 303, 304, 307, 308);

  private AddHeaders() {}

  /** Whether fields are added to answers of a status. */
  static boolean isFor(int status) {
    return STATUSES.contains(status);
  }

  /** Whether any of them is for answers of a status. */
  public static boolean areFor(List<AddHeader> headers, int status) {
    return headers.stream().anyMatch(header -> header.always() || isFor(status));
  }

  /** Adds the trailers that apply to a status, but for those whose value is empty. */
  public static void add(List<AddHeader> trailers, int status, Scope scope, HeaderFields fields) {
    for (AddHeader trailer : trailers) {
      String value = trailer.always() || isFor(status) ? trailer.value().evaluate(scope) : "";
      if (!value.isEmpty()) {
        fields.add(trailer.name(), value);
      }
    }
  }

  /**
   * Adds the fields that apply to a status. Those whose value is empty are left out; Last-Modified
   * and ETag replace the answer's own, all others stand beside it.
   */
  public static void apply(List<AddHeader> headers, int status, Scope scope, HeaderFields fields) {
    for (AddHeader header : headers) {
      if (!header.always() && !isFor(status)) {
        continue;
      }
      String value = header.value().evaluate(scope);
      boolean replaces =
          header.name().equalsIgnoreCase("Last-Modified") || header.name().equalsIgnoreCase("ETag");
      if (replaces) {
        fields.remove(header.name());
      }
      if (!value.isEmpty()) {
        fields.add(header.name(), value);
      }
    }
  }
}
