package org.culvert.rewrite;

import java.net.InetSocketAddress;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.RequestVariables;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;

/** Scopes and templates for the tests of this package. */
final class Requests {
  private Requests() {}

  static Scope scope(String method, String target, String host, int port, String contextPath) {
    try {
      RequestFacts facts =
          new RequestFacts(
              new RequestHead(method, target, "HTTP/1.1", new HeaderFields()),
              RequestTarget.parse(target),
              new ClientConnection(
                  new InetSocketAddress("127.0.0.1", 1),
                  new InetSocketAddress("127.0.0.1", port),
                  port == 443 ? "https" : "http",
                  1,
                  1),
              contextPath,
              null,
              host,
              contextPath + target);
      return new Scope().put(RequestFacts.class, facts);
    } catch (GatewayFailure e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Scope get(String target) {
    return scope("GET", target, "h.test", 18781, "");
  }

  static VariableTable table() {
    VariableTable table = new VariableTable();
    RequestVariables.define(table);
    return table;
  }

  static Template template(String text) {
    return template(table(), text);
  }

  static Template template(VariableTable table, String text) {
    try {
      return table.compile(text);
    } catch (VariableTable.UnknownVariableException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
