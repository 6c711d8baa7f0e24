package org.culvert.exchange;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.culvert.upstream.Attempts;
import org.culvert.upstream.Attempts.Attempt;
import org.culvert.variable.Scope;
import org.culvert.variable.Variable;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/**
 * {@code $upstream_*}: values of several attempts are separated by ", ", those of several exchanges
 * of one request by " : " (nginx, {@code ngx_http_upstream_module}, "Embedded Variables").
 */
public final class UpstreamVariables {
  private UpstreamVariables() {}

  /** Contributes the variables. */
  public static void define(VariableTable table) {
    list(table, "upstream_addr", Attempt::address);
    list(table, "upstream_status", a -> a.status() == 0 ? "-" : Integer.toString(a.status()));
    list(table, "upstream_connect_time", a -> seconds(a.connectNanos()));
    list(table, "upstream_header_time", a -> seconds(a.headerNanos()));
    list(table, "upstream_response_time", a -> seconds(a.responseNanos()));
    list(table, "upstream_bytes_sent", a -> Long.toString(a.bytesSent()));
    list(table, "upstream_bytes_received", a -> Long.toString(a.bytesReceived()));
    list(table, "upstream_response_length", a -> Long.toString(a.bodyLength()));
    table.definePrefix("upstream_http_", UpstreamVariables::field);
    table.definePrefix("upstream_cookie_", UpstreamVariables::cookie);
  }

  private static void list(VariableTable table, String name, Function<Attempt, String> value) {
    table.define(name, scope -> joined(attempts(scope), value));
  }

  private static List<Attempt> attempts(Scope scope) {
    Attempts attempts = scope.find(Attempts.class);
    return attempts == null ? List.of() : attempts.list();
  }

  private static @Nullable String joined(List<Attempt> attempts, Function<Attempt, String> value) {
    if (attempts.isEmpty()) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    for (Attempt attempt : attempts) {
      if (text.length() > 0) {
        text.append(attempt.newExchange() ? " : " : ", ");
      }
      text.append(value.apply(attempt));
    }
    return text.toString();
  }

  private static String seconds(long nanos) {
    return nanos < 0 ? "-" : String.format(Locale.ROOT, "%.3f", nanos / 1e9);
  }

  private static Variable field(String rest) {
    String name = rest.replace('_', '-');
    return scope -> {
      Attempt last = last(scope);
      return last == null ? null : last.fields().joined(name);
    };
  }

  private static Variable cookie(String name) {
    return scope -> {
      Attempt last = last(scope);
      return last == null ? null : cookie(last.fields().all("Set-Cookie"), name);
    };
  }

  private static @Nullable String cookie(List<String> setCookies, String name) {
    for (String cookie : setCookies) {
      int equals = cookie.indexOf('=');
      if (equals > 0 && cookie.substring(0, equals).strip().equals(name)) {
        int end = cookie.indexOf(';', equals);
        return cookie.substring(equals + 1, end < 0 ? cookie.length() : end).strip();
      }
    }
    return null;
  }

  private static @Nullable Attempt last(Scope scope) {
    List<Attempt> attempts = attempts(scope);
    return attempts.isEmpty() ? null : attempts.get(attempts.size() - 1);
  }
}
