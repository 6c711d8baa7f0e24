package org.culvert.servlet;

import java.net.InetSocketAddress;
import org.culvert.directive.ServerSettings;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.HostName;
import org.culvert.http.IpAddresses;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.location.LocationMatch;
import org.culvert.observe.ResponseRecord;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/**
 * A request that the connector refused before it could become a servlet's: all that the logs can
 * know of it. As in nginx it is that server's whose name its Host field has, if that was read, else
 * the default server's of its address.
 *
 * @param head what was read of its head
 * @param connection how it came
 * @param answer what was answered
 * @param why the error log's word
 */
public record RefusedRequest(
    Head head, ClientConnection connection, Answer answer, GatewayFailure why) {

  /**
   * What was read of a head.
   *
   * @param line the request line as far as it was read, octets; "" where nothing was
   * @param fields those that were read whole
   */
  public record Head(String line, HeaderFields fields) {
    private String host() {
      String field = fields.first("Host");
      try {
        return field == null ? "" : HostName.of(field);
      } catch (GatewayFailure invalid) {
        return "";
      }
    }
  }

  /**
   * What the client got.
   *
   * @param status also where nothing was sent
   * @param fields of the answer
   * @param bodyBytes length of the answer's body
   */
  public record Answer(int status, HeaderFields fields, long bodyBytes) {}

  /** Answers it as its server does: by {@code error_page}, or with nginx's own page. */
  RequestCycle cycle(ProxyRuntime runtime, ClientCall call) {
    RequestFacts facts = facts();
    return new RequestCycle(runtime, null, call, facts, server(runtime, facts))
        .refusing(answer.status(), why);
  }

  private LocationMatch<ServerSettings> server(ProxyRuntime runtime, RequestFacts facts) {
    InetSocketAddress local = connection.local();
    return runtime
        .configuration()
        .server(IpAddresses.text(local), local.getPort(), facts.requestHost());
  }

  private RequestFacts facts() {
    RequestFacts facts =
        new RequestFacts(
            new RequestHead("", "", "", head.fields()),
            RequestTarget.internal("/"),
            connection,
            "",
            null,
            head.host(),
            "");
    facts.requestLine(head.line());
    return facts;
  }

  /** Writes its lines. */
  void log(ProxyRuntime runtime) {
    RequestFacts facts = facts();
    ServerSettings server = server(runtime, facts).found();
    facts.serverName(server.name());
    ResponseRecord record = new ResponseRecord();
    record.head(answer.status(), answer.fields());
    record.wrote(answer.bodyBytes());
    Scope scope = new Scope().put(RequestFacts.class, facts).put(ResponseRecord.class, record);
    ErrorLines.log(why, scope);
    runtime.log(server.fallback(), scope);
  }
}
