package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Paths that a container and Culvert could read differently, plain and as a handshake, on
 * connectors that let as much through as they can be told to: what is authorised by the container's
 * reading reaches no backend by another.
 */
@Timeout(60)
class PathConfusionTest {
  private static final String CONFIGURATION =
      """
      location / {
          proxy_pass http://127.0.0.1:%1$d;
          proxy_set_header X-Uri $uri;
          proxy_websocket %2$s;
      }
      """;

  private static final List<String> SPELLINGS =
      List.of(
          "/secret/x",
          "/%73ecret/x",
          "/api/../secret/x",
          "/api/%2e%2e/secret/x",
          "/api/%2E./secret/x",
          "/api/..;/secret/x",
          "/api/..;a=b/secret/x",
          "/api/.%2e;a/secret/x",
          "/api/%2e%2e;/secret/x",
          "//secret/x",
          "/./secret/x",
          "/.;/secret/x",
          "/;/secret/x",
          "/;a/secret/x",
          "/secret;a=b/x",
          "/api/..%2fsecret/x",
          "/api%2f..%2fsecret/x",
          "/%2fsecret/x",
          "/api/..\\secret/x",
          "/api/..%5csecret/x",
          "/api%5c..%5csecret/x",
          "/secret%00/x",
          "/api/%00/../../secret/x",
          "/api//..//../secret/x",
          "/api/x/..;/..;/secret/x",
          "/api/%252e%252e/secret/x");

  @ParameterizedTest
  @EnumSource(Way.class)
  void noSpellingReachesABackendPastTheContainersReading(Way way) throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
        TestFront front = start(way, origin)) {
      for (String path : SPELLINGS) {
        for (String fields : List.of("", upgrade())) {
          try (RawClient client = new RawClient(front.port())) {
            client.send("GET " + path + " HTTP/1.1\r\nHost: example.org\r\n" + fields + "\r\n");
            String status = client.line();
            assertThat(status).as(path).matches("HTTP/1.1 (40[034]|101|502) ?.*\r\n");
            if (status.contains(" 101") || status.contains(" 502")) {
              // Both read it as something else than the secret.
              assertThat(origin.heads.take()).contains("\r\nX-Uri: /api/");
            }
          }
          assertThat(origin.heads).as(path).isEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void whatBothReadAlikeIsOpened(Way way) throws Exception {
    try (TestOrigin origin = new TestOrigin(Wire.backend(Wire.echo()));
        TestFront front = start(way, origin)) {
      for (String path : List.of("/api/x", "/secret/../api/x", "/api;v=1/x", "/%61pi/x")) {
        try (RawClient client = new RawClient(front.port())) {
          client.send("GET " + path + " HTTP/1.1\r\nHost: example.org\r\n" + upgrade() + "\r\n");
          assertThat(client.line()).as(path).startsWith("HTTP/1.1 101");
          assertThat(origin.heads.take()).startsWith("GET " + path + " HTTP/1.1\r\n");
        }
      }
    }
  }

  private static TestFront start(Way way, TestOrigin origin) throws Exception {
    String text =
        CONFIGURATION.formatted(origin.address().getPort(), way.isTunnel() ? "tunnel" : "relay");
    ProxyServlet proxy = new ProxyServlet(text);
    return RelaySetup.front(way.kind, new Guarded(proxy), 50);
  }

  private static String upgrade() {
    String handshake = RelaySetup.handshake();
    int fields = handshake.indexOf("Upgrade: ");
    return handshake.substring(fields, handshake.length() - 2);
  }

  /** The container's reading, as a constraint or a filter would judge it. */
  private static final class Guarded extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient ProxyServlet proxy;

    Guarded(ProxyServlet proxy) {
      this.proxy = proxy;
    }

    @Override
    public void init(ServletConfig config) throws ServletException {
      proxy.init(config);
    }

    @Override
    public void service(HttpServletRequest request, HttpServletResponse response)
        throws ServletException, IOException {
      String info = request.getPathInfo();
      String path = info == null ? request.getServletPath() : request.getServletPath() + info;
      if (path.startsWith("/secret/")) {
        response.sendError(HttpServletResponse.SC_FORBIDDEN);
        return;
      }
      proxy.service(request, response);
    }

    @Override
    public void destroy() {
      proxy.destroy();
    }
  }
}
