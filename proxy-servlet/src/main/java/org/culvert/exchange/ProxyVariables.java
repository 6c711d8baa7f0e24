package org.culvert.exchange;

import org.culvert.http.IpAddresses;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/**
 * {@code $proxy_host}, {@code $proxy_port}, {@code $proxy_add_x_forwarded_for} (nginx, {@code
 * ngx_http_proxy_module}, "Embedded Variables"), and what is known of a body that was read for a
 * backend: {@code $request_body}, {@code $request_body_file} ({@code ngx_http_core_module}).
 */
public final class ProxyVariables {
  private ProxyVariables() {}

  /** Contributes the variables. */
  public static void define(VariableTable table) {
    table.define(
        "proxy_host",
        scope -> {
          ProxyTarget target = scope.find(ProxyTarget.class);
          return target == null ? null : target.host();
        });
    table.define(
        "proxy_port",
        scope -> {
          ProxyTarget target = scope.find(ProxyTarget.class);
          return target == null ? null : target.port() == 0 ? "" : Integer.toString(target.port());
        });
    table.define(
        "request_body",
        scope -> {
          BufferedBody body = scope.find(BufferedBody.class);
          return body == null ? null : body.text();
        });
    table.define(
        "request_body_file",
        scope -> {
          BufferedBody body = scope.find(BufferedBody.class);
          return body == null ? null : body.fileName();
        });
    table.define("proxy_add_x_forwarded_for", ProxyVariables::forwardedFor);
  }

  private static @Nullable String forwardedFor(Scope scope) {
    RequestFacts facts = scope.find(RequestFacts.class);
    if (facts == null) {
      return null;
    }
    String address = IpAddresses.text(facts.client());
    String before = facts.head().fields().joined("X-Forwarded-For");
    return before == null ? address : before + ", " + address;
  }
}
