package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for an endpoint to be upgraded hears of its end, unless it was upgraded. */
@Timeout(30)
class JettyEarlyEndTest {
  private final AtomicInteger told = new AtomicInteger();
  private final CountDownLatch firstTold = new CountDownLatch(1);

  private void closed() {
    told.incrementAndGet();
    firstTold.countDown();
  }

  /** What the endpoint is upgraded to: its end is the test's. */
  private static final class Upgraded extends AbstractConnection {
    private final CountDownLatch ended;

    Upgraded(EndPoint endPoint, CountDownLatch ended) {
      super(endPoint, Runnable::run);
      this.ended = ended;
    }

    @Override
    public void onOpen() {
      super.onOpen();
      fillInterested();
    }

    @Override
    public void onFillable() {
      close();
    }

    @Override
    public void onClose(Throwable cause) {
      super.onClose(cause);
      ended.countDown();
    }
  }

  private static Socket ask(Server server) throws Exception {
    int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    client
        .getOutputStream()
        .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return client;
  }

  private static Server serving(Handler handler) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(handler);
    server.start();
    return server;
  }

  @Test
  void tellsOfAnEndBeforeTheUpgrade() throws Exception {
    Server server =
        serving(
            new Handler.Abstract() {
              @Override
              public boolean handle(Request request, Response response, Callback callback) {
                EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
                JettyEarlyEnd.watch(endPoint, JettyEarlyEndTest.this::closed);
                endPoint.close(); // As when a client's reset is noticed.
                return true;
              }
            });
    try (Socket client = ask(server)) {
      assertThat(firstTold.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.getInputStream().read()).isNegative();
    } finally {
      server.stop();
    }
  }

  @Test
  void tellsAtOnceOfAnEndThatHasBeen() throws Exception {
    Server server =
        serving(
            new Handler.Abstract() {
              @Override
              public boolean handle(Request request, Response response, Callback callback) {
                EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
                endPoint.close();
                JettyEarlyEnd.watch(endPoint, JettyEarlyEndTest.this::closed);
                return true;
              }
            });
    try (Socket client = ask(server)) {
      assertThat(firstTold.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.getInputStream().read()).isNegative();
    } finally {
      server.stop();
    }
  }

  @Test
  void isSilentWhereTheEndPointWasUpgraded() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Server server =
        serving(
            new Handler.Abstract() {
              @Override
              public boolean handle(Request request, Response response, Callback callback) {
                EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
                JettyEarlyEnd.watch(endPoint, JettyEarlyEndTest.this::closed);
                response.setStatus(101);
                request.setAttribute(
                    HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, new Upgraded(endPoint, ended));
                callback.succeeded();
                return true;
              }
            });
    try (Socket client = ask(server)) {
      assertThat(client.getInputStream().readNBytes(12)).asString().isEqualTo("HTTP/1.1 101");
      client.shutdownOutput();
      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(told.get()).isZero();
    } finally {
      server.stop();
    }
  }
}
