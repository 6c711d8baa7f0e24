package org.culvert.servlet;

import java.net.InetSocketAddress;
import org.culvert.directive.ServerSettings;
import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.culvert.http.IpAddresses;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.observe.ResponseRecord;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/**
 * A request that the connector refused before it could become a servlet's: all that the access log
 * can know of it. As in nginx it is the default server's of its address.
 *
 * @param line the request line as far as it was read, octets; "" where nothing was
 * @param remote the client's address
 * @param local the address that it came to
 * @param scheme "http" or "https"
 * @param status of the answer
 * @param fields of the answer
 * @param bodyBytes length of the answer's body
 */
public record RefusedRequest(
    String line,
    InetSocketAddress remote,
    InetSocketAddress local,
    String scheme,
    int status,
    HeaderFields fields,
    long bodyBytes) {

  /** Writes its line. */
  void log(ProxyRuntime runtime) {
    ServerSettings server =
        runtime.configuration().server(IpAddresses.text(local), local.getPort(), "").found();
    RequestFacts facts =
        new RequestFacts(
            new RequestHead("", "", "", new HeaderFields()),
            RequestTarget.internal("/"),
            new ClientConnection(remote, local, scheme, 0, 1),
            "",
            null,
            "",
            "");
    facts.requestLine(line);
    facts.serverName(server.name());
    ResponseRecord record = new ResponseRecord();
    record.head(status, fields);
    record.wrote(bodyBytes);
    runtime.log(
        server.fallback(),
        new Scope().put(RequestFacts.class, facts).put(ResponseRecord.class, record));
  }
}
