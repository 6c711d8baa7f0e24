package org.culvert.variable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import org.culvert.http.ClientConnection;
import org.culvert.http.IpAddresses;
import org.culvert.http.Octets;
import org.culvert.http.ProxyHeader;
import org.jspecify.annotations.Nullable;

/**
 * The variables that read the request, its connection and the process ({@code docs/variables.md}).
 */
public final class RequestVariables {
  /** The version of nginx whose configuration language and defaults these are. */
  public static final String NGINX_VERSION = "1.31.5";

  private RequestVariables() {}

  /** Defines them all. */
  public static void define(VariableTable table) {
    target(table);
    head(table);
    connection(table);
    proxyProtocol(table);
    process(table);
  }

  private static void target(VariableTable table) {
    fact(table, "uri", facts -> facts.target().path());
    fact(table, "document_uri", facts -> facts.target().path());
    fact(table, "args", RequestVariables::args);
    fact(table, "query_string", RequestVariables::args);
    fact(table, "is_args", facts -> args(facts) == null ? "" : "?");
    fact(table, "request_uri", RequestFacts::requestUri);
    fact(table, "context_path", RequestFacts::contextPath);
    table.definePrefix(
        "arg_", name -> scope -> FieldLookup.argument(facts(scope).target().query(), name));
  }

  private static void head(VariableTable table) {
    fact(table, "host", RequestFacts::host);
    fact(table, "request_method", RequestFacts::requestMethod);
    fact(table, "server_protocol", facts -> facts.head().protocol());
    fact(table, "request", RequestFacts::requestLine);
    fact(table, "content_type", facts -> facts.head().fields().joined("Content-Type"));
    fact(table, "content_length", facts -> facts.head().fields().first("Content-Length"));
    fact(table, "request_id", RequestFacts::requestId);
    table.definePrefix(
        "http_", name -> scope -> FieldLookup.field(facts(scope).head().fields(), name));
    table.definePrefix(
        "cookie_", name -> scope -> FieldLookup.cookie(facts(scope).head().fields(), name));
  }

  private static void connection(VariableTable table) {
    fact(table, "remote_user", facts -> octets(facts.remoteUser()));
    fact(table, "server_name", RequestFacts::serverName);
    fact(table, "remote_addr", facts -> IpAddresses.text(facts.client()));
    fact(table, "binary_remote_addr", facts -> IpAddresses.octets(facts.client()));
    fact(table, "remote_port", facts -> port(facts.client().getPort()));
    client(table, "realip_remote_addr", client -> IpAddresses.text(client.remote()));
    client(table, "realip_remote_port", client -> port(client.remote().getPort()));
    client(table, "server_addr", client -> IpAddresses.text(client.local()));
    client(table, "server_port", client -> port(client.local().getPort()));
    client(table, "scheme", ClientConnection::scheme);
    client(table, "https", client -> client.scheme().equals("https") ? "on" : "");
    client(table, "connection", client -> Long.toString(client.id()));
    client(table, "connection_requests", client -> Long.toString(client.requests()));
  }

  /** They are not those of {@code $remote_addr}: a header may be anybody's word. */
  private static void proxyProtocol(VariableTable table) {
    proxied(table, "proxy_protocol_addr", ProxyHeader::sourceAddress);
    proxied(table, "proxy_protocol_port", header -> Integer.toString(header.sourcePort()));
    proxied(table, "proxy_protocol_server_addr", ProxyHeader::serverAddress);
    proxied(table, "proxy_protocol_server_port", header -> Integer.toString(header.serverPort()));
    table.definePrefix(
        "proxy_protocol_tlv_",
        name ->
            scope -> {
              ProxyHeader header = facts(scope).connection().proxied();
              return header == null ? null : header.value(name);
            });
  }

  private static void proxied(
      VariableTable table, String name, Function<ProxyHeader, String> value) {
    client(
        table,
        name,
        client -> {
          ProxyHeader header = client.proxied();
          return header == null ? "" : value.apply(header);
        });
  }

  private static void process(VariableTable table) {
    String pid = Long.toString(ProcessHandle.current().pid());
    table.define("pid", scope -> pid);
    table.define("nginx_version", scope -> NGINX_VERSION);
    table.define("hostname", scope -> Hostname.NAME);
  }

  private static void fact(
      VariableTable table, String name, Function<RequestFacts, @Nullable String> value) {
    table.define(name, scope -> value.apply(facts(scope)));
  }

  private static void client(
      VariableTable table, String name, Function<ClientConnection, String> value) {
    table.define(name, scope -> value.apply(facts(scope).connection()));
  }

  private static String port(int port) {
    return port == 0 ? "" : Integer.toString(port);
  }

  private static RequestFacts facts(Scope scope) {
    return scope.get(RequestFacts.class);
  }

  /** nginx does not tell an empty query from none. */
  private static @Nullable String args(RequestFacts facts) {
    String query = facts.target().query();
    return query == null || query.isEmpty() ? null : query;
  }

  private static @Nullable String octets(@Nullable String text) {
    return text == null ? null : Octets.of(text);
  }

  /** Found out on first use: it may need the name service. */
  private static final class Hostname {
    private static final String NAME = Octets.of(find().toLowerCase(Locale.ROOT));

    private static String find() {
      try {
        return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
      } catch (IOException noProcFilesystem) {
        try {
          return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
          return "localhost";
        }
      }
    }
  }
}
