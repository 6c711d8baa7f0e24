package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a backend that accepted, when the client's handshake is never completed. */
@Timeout(30)
class PendingUpgradeTest {
  /** An application whose filter keeps ASYNC dispatches to itself. */
  private static final class Keeping extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient ProxyServlet proxy;

    Keeping(ProxyServlet proxy) {
      this.proxy = proxy;
    }

    @Override
    public void init(ServletConfig config) throws ServletException {
      proxy.init(config);
    }

    @Override
    public void service(ServletRequest request, ServletResponse response)
        throws ServletException, IOException {
      if (request.getDispatcherType() == DispatcherType.ASYNC) {
        ((HttpServletResponse) response).setStatus(403);
      } else {
        proxy.service(request, response);
      }
    }

    @Override
    public void destroy() {
      proxy.destroy();
    }
  }

  @ParameterizedTest
  @EnumSource(RelaySetup.Way.class)
  void aDispatchThatNeverComesCutsTheBackendOff(RelaySetup.Way way) throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    TestOrigin.Script backend =
        talk -> {
          talk.send(Wire.switching(talk.head()));
          if (talk.in.read() < 0) {
            cut.countDown();
          }
        };
    try (TestOrigin origin = new TestOrigin(backend)) {
      String configuration =
          "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket %s; }"
              .formatted(origin.address().getPort(), way.isTunnel() ? "tunnel" : "relay");
      try (TestFront front =
              RelaySetup.front(way.kind, new Keeping(new ProxyServlet(configuration)), 20);
          Socket client = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
        client
            .getOutputStream()
            .write(RelaySetup.handshake().getBytes(StandardCharsets.ISO_8859_1));
        byte[] status = client.getInputStream().readNBytes(12);
        assertThat(new String(status, StandardCharsets.ISO_8859_1)).isEqualTo("HTTP/1.1 403");
        assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
      }
    }
  }
}
