package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.AbstractProtocol;
import org.apache.tomcat.util.collections.SynchronizedStack;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.apache.tomcat.websocket.server.WsSci;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Tomcat counts and closes when connections of its own have been given away. */
@Timeout(120)
abstract class TomcatUpgradeTests {
  final Tomcat tomcat = new Tomcat();

  /** What Tomcat's executor was given so far. */
  final AtomicInteger tasks = new AtomicInteger();

  private final String mode;
  private final ExecutorService threads = Executors.newFixedThreadPool(8);
  private volatile boolean full;
  TestOrigin origin;
  Context context;

  /**
   * What is to be tested in each mode.
   *
   * @param mode of {@code proxy_websocket}
   */
  TomcatUpgradeTests(String mode) {
    this.mode = mode;
  }

  /** Reads the end of a connection whose backend has broken off. */
  abstract void brokenOff(Socket client) throws IOException;

  @BeforeEach
  void start() throws Exception {
    Logger.getLogger("org.apache").setLevel(Level.OFF);
    origin =
        new TestOrigin(
            talk -> {
              talk.send(Wire.switching(talk.head()));
              Wire wire = new Wire(talk.in, talk.out, false);
              Wire.Frame frame = wire.read();
              while (frame.opcode() == Wire.TEXT || frame.opcode() == 0) {
                if (frame.text().equals("reset")) {
                  talk.reset();
                  return;
                }
                wire.send(frame.opcode(), frame.fin(), frame.payload());
                frame = wire.read();
              }
            });
    File base = Files.createTempDirectory("tomcat").toFile();
    tomcat.setBaseDir(base.getPath());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.getConnector().setProperty("maxConnections", "50");
    Executor executor =
        task -> {
          tasks.incrementAndGet();
          if (full) {
            throw new RejectedExecutionException("full");
          }
          threads.execute(task);
        };
    protocol().setExecutor(executor);
    context = deployed(base, origin);
    tomcat.start();
  }

  /** Another backend behind the same context. */
  void redeploy(TestOrigin backend) {
    File base = new File(context.getDocBase());
    tomcat.getHost().removeChild(context);
    context = deployed(base, backend);
  }

  private Context deployed(File base, TestOrigin backend) {
    Context next = new StandardContext();
    next.setPath("");
    next.setName("");
    next.setDocBase(base.getPath());
    next.addLifecycleListener(new Tomcat.FixContextListener());
    next.addServletContainerInitializer(new WsSci(), null);
    ProxyServlet proxy =
        new ProxyServlet(
            "location / { proxy_pass http://127.0.0.1:%d; proxy_websocket %s; }"
                .formatted(backend.address().getPort(), mode));
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

  Socket open() throws IOException {
    Socket client =
        new Socket(InetAddress.getLoopbackAddress(), tomcat.getConnector().getLocalPort());
    client.setSoTimeout(10_000);
    client.getOutputStream().write(RelaySetup.handshake().getBytes(StandardCharsets.ISO_8859_1));
    assertThat(head(client)).startsWith("HTTP/1.1 101");
    return client;
  }

  /** Reads an answer's head; nothing behind it. */
  static String head(Socket client) throws IOException {
    StringBuilder head = new StringBuilder();
    BufferedInputStream in = new BufferedInputStream(client.getInputStream(), 1);
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("ended after \"" + head + '"');
      }
      head.append((char) b);
    }
    return head.toString();
  }

  static void say(Socket client, String text) throws IOException {
    new Wire(client.getInputStream(), client.getOutputStream(), true).text(text);
  }

  static void echoes(Socket client) throws IOException {
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
          brokenOff(client);
        }
      }
    }
    await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
    await("descriptors are free", () -> descriptors() <= before + 20);
  }

  @Test
  void countsEveryOneOffThatHasEnded() throws Exception {
    ends(400);
  }

  @Test
  @Tag("long")
  @Timeout(300)
  void survivesFiveThousandWithFiftyConnections() throws Exception {
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
      context = deployed(base, origin);
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
  void closesThemWhenTheApplicationIsStopped() throws Exception {
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
  void closesTheSocketsOfAnUndeployedApplicationWhoseClientsDoNotAnswer() throws Exception {
    List<Socket> mute = opened(20);
    for (Socket client : mute) {
      echoes(client);
    }
    File base = new File(context.getDocBase());
    tomcat.getHost().removeChild(context);
    for (Socket client : mute) {
      Wire wire = new Wire(client.getInputStream(), client.getOutputStream(), true);
      assertThat(wire.read().code()).isEqualTo(1001);
    }
    await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
    closed(mute);
    context = deployed(base, origin);
  }

  /** Tomcat uses an ended connection's channel for the next one. */
  @Test
  void leavesTomcatTheBuffersOfItsConnections() throws Exception {
    for (int i = 0; i < 3; i++) {
      List<Socket> open = opened(20);
      for (Socket client : open) {
        echoes(client);
      }
      for (Socket client : open) {
        client.close();
      }
      await("Tomcat counts no connection", () -> protocol().getConnectionCount() <= 1);
    }
    assertThat(keptBuffers()).hasSizeGreaterThan(5).containsOnly(8192);
  }

  private List<Integer> keptBuffers() throws ReflectiveOperationException {
    Field endpoint = AbstractProtocol.class.getDeclaredField("endpoint");
    endpoint.setAccessible(true);
    Field kept = NioEndpoint.class.getDeclaredField("nioChannels");
    kept.setAccessible(true);
    SynchronizedStack<?> channels = (SynchronizedStack<?>) kept.get(endpoint.get(protocol()));
    List<Integer> sizes = new ArrayList<>();
    Object channel;
    while ((channel = channels.pop()) != null) {
      SocketBufferHandler buffers = ((NioChannel) channel).getBufHandler();
      sizes.add(buffers.getReadBuffer().capacity());
      sizes.add(buffers.getWriteBuffer().capacity());
    }
    return sizes;
  }

  @Test
  void endsThemWhenTheConnectorStops() throws Exception {
    try (Socket client = open()) {
      echoes(client);
      tomcat.getConnector().stop();
      closed(List.of(client));
      assertThat(origin.ends.poll(15, TimeUnit.SECONDS)).isNotNull();
    }
  }

  private static long descriptors() {
    String[] open = new File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }

  static void await(String what, BooleanSupplier happened) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not in 20 s: " + what);
      }
      Thread.onSpinWait();
    }
  }
}
