package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.startup.Tomcat;
import org.culvert.tunnel.TunnelSocket;
import org.junit.jupiter.api.Test;

/** Connections of Tomcat's that have become tunnels. */
class TomcatTunnelTest extends TomcatUpgradeTests {
  TomcatTunnelTest() {
    super("tunnel");
  }

  @Override
  void brokenOff(Socket client) throws IOException {
    assertThat(client.getInputStream().read()).isNegative();
  }

  /** As {@code JettyTunnelFront}: behind an answer there is no tunnel. */
  @Test
  void refusesToUpgradeWhatHasBeenAnswered() throws Exception {
    BlockingQueue<String> refusals = new LinkedBlockingQueue<>();
    Tomcat.addServlet(
        context,
        "answered",
        new HttpServlet() {
          @Override
          protected void doGet(HttpServletRequest request, HttpServletResponse response)
              throws IOException, ServletException {
            response.flushBuffer();
            try {
              new TomcatTunnelFront().upgrade(request, request, response, new NoTunnel());
              refusals.add("none");
            } catch (IllegalStateException e) {
              refusals.add(String.valueOf(e.getMessage()));
            }
          }
        });
    context.addServletMappingDecoded("/answered", "answered");
    try (Socket client =
        new Socket(InetAddress.getLoopbackAddress(), tomcat.getConnector().getLocalPort())) {
      client.setSoTimeout(10_000);
      String request = RelaySetup.handshake().replaceFirst("GET \\S+", "GET /answered");
      client.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      assertThat(client.getInputStream().readNBytes(12)).asString().isEqualTo("HTTP/1.1 200");
    }
    assertThat(refusals.poll(10, TimeUnit.SECONDS)).isEqualTo("the client has been answered 200");
  }

  /** Is given no socket. */
  private static final class NoTunnel implements TunnelFront.Taker {
    @Override
    public void opened(TunnelSocket client, ByteBuffer early) {
      client.close();
    }

    @Override
    public void closed() {}
  }
}
