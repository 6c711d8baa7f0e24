package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an embedded Jetty counts and closes when connections of its own have become tunnels. */
@Timeout(120)
class JettyTunnelTest {
  private final Threads threads = new Threads();
  private final Server server = new Server(threads);
  private final ServerConnector connector = new ServerConnector(server, 1, 1);
  private final ContextHandlerCollection contexts = new ContextHandlerCollection();
  private TestOrigin origin;
  private ServletContextHandler context;

  /** Jetty's own, which can be full. */
  private static final class Threads extends QueuedThreadPool {
    private volatile boolean full;

    @Override
    public void execute(Runnable task) {
      if (full) {
        throw new RejectedExecutionException("full");
      }
      super.execute(task);
    }
  }

  @BeforeEach
  void start() throws Exception {
    origin =
        new TestOrigin(
            talk -> {
              talk.send(Wire.switching(talk.head()));
              Wire wire = new Wire(talk.in, talk.out, false);
              String said = wire.read().text();
              if (said.equals("reset")) {
                talk.reset();
              } else {
                wire.text(said);
                talk.in.read();
              }
            });
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(contexts);
    server.start();
    deploy();
  }

  private void deploy() throws Exception {
    context = new ServletContextHandler();
    ProxyServlet proxy =
        new ProxyServlet(
            "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket tunnel; }"
                .formatted(origin.address().getPort()));
    ServletHolder holder = new ServletHolder(proxy);
    holder.setAsyncSupported(true);
    holder.setInitOrder(1);
    context.addServlet(holder, "/");
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    contexts.addHandler(context);
    context.start();
  }

  private void undeploy() throws Exception {
    context.stop();
    contexts.removeHandler(context);
  }

  @AfterEach
  void stop() throws Exception {
    threads.full = false;
    context.stop(); // One that was deployed while the server ran is not stopped with it.
    server.stop();
    origin.close();
    // Every request has been told of its end: the last one lets go of the threads.
    await("Culvert's threads have ended", () -> culvertThreads() == 0);
  }

  private static long culvertThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("culvert-"))
        .count();
  }

  private RawClient open() throws IOException {
    RawClient client = new RawClient(connector.getLocalPort());
    assertThat(client.send(RelaySetup.handshake()).until("\r\n\r\n")).startsWith("HTTP/1.1 101");
    return client;
  }

  private static Wire wire(RawClient client) throws IOException {
    return new Wire(client.socket.getInputStream(), client.socket.getOutputStream(), true);
  }

  private static void echoes(RawClient client) throws IOException {
    assertThat(wire(client).text("echo").read().text()).isEqualTo("echo");
  }

  private List<RawClient> opened(int count) throws IOException {
    List<RawClient> open = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      open.add(open());
    }
    return open;
  }

  private static void closed(List<RawClient> open) throws IOException {
    for (RawClient client : open) {
      try (client) {
        client.rest(); // A Close perhaps.
      }
    }
  }

  /** So many tunnels: FIN and RST of the client's, RST of the backend's. */
  private void ends(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      try (RawClient client = open()) {
        if (i % 4 < 2) {
          echoes(client);
        }
        if (i % 4 == 1) {
          client.socket.setSoLinger(true, 0); // A reset.
        } else if (i % 4 == 2) {
          wire(client).text("reset"); // The backend does.
          assertThat(client.rest()).isEmpty();
        }
      }
    }
    awaitNoConnection();
  }

  private void endWithAFullExecutor() throws Exception {
    origin.ends.clear();
    try (RawClient client = open()) {
      echoes(client);
      threads.full = true;
      client.socket.setSoLinger(true, 0);
    }
    assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isNotNull();
    threads.full = false;
    awaitNoConnection();
  }

  private void awaitNoConnection() {
    await("Jetty counts no connection", () -> connector.getConnectedEndPoints().isEmpty());
  }

  @Test
  void countsEveryTunnelOffThatHasEnded() throws Exception {
    ends(100);
    endWithAFullExecutor();
  }

  @Test
  void closesItsTunnelsWhenTheApplicationOrTheConnectorStops() throws Exception {
    List<RawClient> open = opened(20);
    undeploy();
    closed(open);
    awaitNoConnection();
    deploy();
    List<RawClient> last = opened(20);
    connector.stop();
    closed(last);
    await("the backend is told", () -> origin.ends.size() == 40);
  }

  /**
   * Resets of either side, orderly ends, a full executor, undeploying, and the connector's stop.
   */
  @Test
  @Tag("long")
  @Timeout(600)
  void tenThousandEndsOfEveryKindLeaveNothing() throws Exception {
    ends(100);
    long before = descriptors();
    for (int round = 0; round < 20; round++) {
      ends(460);
      for (int i = 0; i < 20; i++) {
        endWithAFullExecutor();
      }
      List<RawClient> open = opened(20);
      undeploy();
      closed(open);
      awaitNoConnection();
      deploy();
    }
    await("descriptors are free", () -> descriptors() <= before + 20);
    List<RawClient> last = opened(20);
    connector.stop();
    closed(last);
    awaitNoConnection();
  }

  private static long descriptors() {
    String[] open = new File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }

  private static void await(String what, BooleanSupplier happened) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not in 20 s: " + what);
      }
      Thread.onSpinWait();
    }
  }
}
