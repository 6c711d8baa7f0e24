package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.AbstractProtocol;
import org.apache.tomcat.websocket.server.WsSci;
import org.culvert.tunnel.TunnelSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Tomcat counts and closes when connections of its own have become tunnels. */
@Timeout(120)
class TomcatTunnelTest {
  private final Tomcat tomcat = new Tomcat();
  private final ExecutorService threads = Executors.newFixedThreadPool(8);
  private volatile boolean full;
  private TestOrigin origin;
  private Context context;

  @BeforeEach
  void start() throws Exception {
    Logger.getLogger("org.apache").setLevel(Level.OFF);
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
    File base = Files.createTempDirectory("tomcat").toFile();
    tomcat.setBaseDir(base.getPath());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.getConnector().setProperty("maxConnections", "50");
    Executor executor =
        task -> {
          if (full) {
            throw new RejectedExecutionException("full");
          }
          threads.execute(task);
        };
    protocol().setExecutor(executor);
    context = deployed(base);
    tomcat.start();
  }

  private Context deployed(File base) {
    Context next = new StandardContext();
    next.setPath("");
    next.setName("");
    next.setDocBase(base.getPath());
    next.addLifecycleListener(new Tomcat.FixContextListener());
    next.addServletContainerInitializer(new WsSci(), null);
    ProxyServlet proxy =
        new ProxyServlet(
            "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket tunnel; }"
                .formatted(origin.address().getPort()));
    var wrapper = Tomcat.addServlet(next, "proxy", proxy);
    wrapper.setAsyncSupported(true);
    wrapper.setLoadOnStartup(1);
    next.addServletMappingDecoded("/", "proxy");
    tomcat.getHost().addChild(next);
    return next;
  }

  @AfterEach
  void stop() throws Exception {
    full = false;
    tomcat.stop();
    tomcat.destroy();
    origin.close();
    threads.shutdownNow();
  }

  private AbstractProtocol<?> protocol() {
    return (AbstractProtocol<?>) tomcat.getConnector().getProtocolHandler();
  }

  private Socket open() throws IOException {
    Socket client =
        new Socket(InetAddress.getLoopbackAddress(), tomcat.getConnector().getLocalPort());
    client.setSoTimeout(10_000);
    client.getOutputStream().write(RelaySetup.handshake().getBytes(StandardCharsets.ISO_8859_1));
    StringBuilder head = new StringBuilder();
    BufferedInputStream in = new BufferedInputStream(client.getInputStream(), 1);
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("ended after \"" + head + '"');
      }
      head.append((char) b);
    }
    assertThat(head.toString()).startsWith("HTTP/1.1 101");
    return client;
  }

  private static void say(Socket client, String text) throws IOException {
    new Wire(client.getInputStream(), client.getOutputStream(), true).text(text);
  }

  private static void echoes(Socket client) throws IOException {
    Wire wire = new Wire(client.getInputStream(), client.getOutputStream(), true);
    assertThat(wire.text("echo").read().text()).isEqualTo("echo");
  }

  private void ends(int count) throws Exception {
    long before = descriptors();
    for (int i = 0; i < count; i++) {
      try (Socket client = open()) {
        if (i % 4 < 2) {
          echoes(client);
        }
        if (i % 4 == 1) {
          client.setSoLinger(true, 0); // A reset.
        } else if (i % 4 == 2) {
          say(client, "reset"); // The backend does.
          assertThat(client.getInputStream().read()).isNegative();
        }
      }
    }
    await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
    await("descriptors are free", () -> descriptors() <= before + 20);
  }

  @Test
  void countsEveryTunnelOffThatHasEnded() throws Exception {
    ends(400);
  }

  @Test
  @Tag("long")
  @Timeout(300)
  void survivesFiveThousandTunnelsWithFiftyConnections() throws Exception {
    ends(5_000);
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
      List<Socket> open = opened(20);
      File base = new File(context.getDocBase());
      tomcat.getHost().removeChild(context);
      closed(open);
      context = deployed(base);
    }
    await("descriptors are free", () -> descriptors() <= before + 20);
    List<Socket> last = opened(20);
    tomcat.getConnector().stop();
    closed(last);
    await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
  }

  private List<Socket> opened(int count) throws IOException {
    List<Socket> open = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      open.add(open());
    }
    return open;
  }

  private static void closed(List<Socket> open) throws IOException {
    for (Socket client : open) {
      try (client) {
        client.getInputStream().readAllBytes(); // A Close perhaps.
      } catch (SocketException reset) {
        // It has ended as well.
      }
    }
  }

  private void endWithAFullExecutor() throws Exception {
    origin.ends.clear();
    try (Socket client = open()) {
      echoes(client);
      full = true;
      client.setSoLinger(true, 0);
    }
    assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isNotNull();
    await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
    full = false;
  }

  @Test
  void closesDirectlyWhereTheExecutorIsFull() throws Exception {
    endWithAFullExecutor();
  }

  @Test
  void closesItsTunnelsWhenTheApplicationIsStopped() throws Exception {
    try (Socket client = open()) {
      echoes(client);
      context.stop();
      Wire wire = new Wire(client.getInputStream(), client.getOutputStream(), true);
      assertThat(wire.read().code()).isEqualTo(1001);
      assertThat(wire.ended()).isTrue();
      assertThat(origin.ends.poll(10, TimeUnit.SECONDS)).isNotNull();
      await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
    }
  }

  @Test
  void endsItsTunnelsWhenTheConnectorStops() throws Exception {
    try (Socket client = open()) {
      echoes(client);
      tomcat.getConnector().stop();
      assertThat(client.getInputStream().read()).isNegative();
      assertThat(origin.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
    }
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
