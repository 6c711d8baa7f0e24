package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.culvert.conf.TextSource;
import org.culvert.directive.Configuration;
import org.culvert.directive.ConfigurationReader;
import org.culvert.servlet.RelaySetup.Way;
import org.culvert.servlet.TestFront.Kind;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A minute of everything that goes well and wrong, mixed at random, with reloads in between: each
 * client gets what it should, and nothing stays behind. {@code -Dculvert.soak.seconds} and {@code
 * -Dculvert.soak.seed} choose another length and another mix.
 */
@Tag("long")
@Timeout(600)
class SoakTest {
  private static final int WORKERS = 12;
  private static final long SECONDS = Long.getLong("culvert.soak.seconds", 20);
  private static final long SEED = Long.getLong("culvert.soak.seed", 20261122);
  private static final String LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";

  private static final String CONFIGURATION =
      """
      client_max_body_size 0;
      location / {
          proxy_pass http://127.0.0.1:%1$d;
          proxy_websocket %2$s;
          proxy_connect_timeout 10s;
          proxy_read_timeout 30s;
      }
      location /unbuffered/ {
          proxy_pass http://127.0.0.1:%1$d;
          proxy_buffering off;
          proxy_request_buffering off;
      }
      location /impatient { proxy_pass http://127.0.0.1:%1$d; proxy_read_timeout 500ms; }
      location /stalling { proxy_pass http://127.0.0.1:%1$d; proxy_read_timeout 3s; }
      location /refused { proxy_pass http://127.0.0.1:1; proxy_websocket %2$s; }
      """;

  /** One thing that a client does, and what has to come of it. */
  private interface Act {
    void run(Random random, int port) throws Exception;
  }

  /** What ends otherwise by a relay than by a tunnel comes to these. */
  private static final List<Act> WEBSOCKET =
      List.of(
          SoakTest::talks,
          SoakTest::talks,
          SoakTest::resets,
          SoakTest::leavesInsideAFrame,
          SoakTest::stopsReading,
          SoakTest::isNotRead,
          (random, port) -> isAnswered(port, "/refused", "ok", "HTTP/1.1 502"),
          (random, port) -> isAnswered(port, "/", "refuse", "HTTP/1.1 502"),
          (random, port) -> isAnswered(port, "/", "forbid", "HTTP/1.1 403"),
          SoakTest::leavesWhileItIsDialled);

  private static final List<Act> HTTP =
      List.of(
          SoakTest::getsAndPosts,
          SoakTest::getsAndPosts,
          (random, port) -> fails(port, "/refused", "ok", "HTTP/1.1 502"),
          (random, port) -> fails(port, place(random), "refuse", "HTTP/1.1 502"),
          (random, port) -> fails(port, place(random), "http-reset", "HTTP/1.1 502"),
          (random, port) -> fails(port, "/impatient", "stall", "HTTP/1.1 504"),
          (random, port) -> isCutShort(port, place(random), "cut"),
          (random, port) -> isCutShort(port, place(random), "cut-reset"),
          (random, port) -> isCutShort(port, "/stalling", "cut-stall"),
          SoakTest::leavesADownload,
          SoakTest::leavesAnUpload);

  private static String place(Random random) {
    return random.nextBoolean() ? "/" : "/unbuffered/";
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void leavesNothingOfWebSockets(Way way) throws Exception {
    List<Act> acts = new ArrayList<>(WEBSOCKET);
    for (String act : new String[] {"reset", "half"}) {
      acts.add((random, port) -> endsWithTheBackend(port, act, way.isTunnel()));
    }
    soak(way.kind, way.isTunnel() ? "tunnel" : "relay", acts);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void leavesNothingOfRequests(Kind kind) throws Exception {
    soak(kind, "off", HTTP);
  }

  private static void soak(Kind kind, String mode, List<Act> acts) throws Exception {
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    try (TestOrigin origin = new TestOrigin(SoakTest::backend)) {
      String text = CONFIGURATION.formatted(origin.address().getPort(), mode);
      ProxyServlet servlet = new ProxyServlet(text);
      try (TestFront front = RelaySetup.front(kind, servlet, 60)) {
        work(acts, front.port(), 0, SECONDS / 4, wrong);
        settle(origin);
        long descriptors = descriptors();
        long memory = directMemory();
        for (int part = 1; part <= 3; part++) {
          Thread reload = new Thread(() -> reload(servlet, text, wrong));
          reload.start(); // While the first of this part are under way.
          work(acts, front.port(), part, SECONDS / 4, wrong);
          reload.join();
        }
        assertThat(wrong).as("seed " + SEED).isEmpty();
        settle(origin);
        await("descriptors", () -> descriptors() <= descriptors + 20);
        await("direct memory", () -> directMemory() <= memory + (32 << 20));
        assertThat(culvertThreads()).isLessThanOrEqualTo(64 + 128 + 2);
        front.undeploy();
        await("threads", () -> culvertThreads() == 0);
      }
    }
  }

  private static void work(List<Act> acts, int port, int part, long seconds, Queue<String> wrong)
      throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Thread> workers = new ArrayList<>();
    for (int number = 0; number < WORKERS; number++) {
      Random random = new Random(SEED + 1000L * part + number);
      Thread worker =
          new Thread(
              () -> {
                while (System.nanoTime() < until && wrong.size() < 10) {
                  int which = random.nextInt(acts.size());
                  try {
                    acts.get(which).run(random, port);
                  } catch (Exception | AssertionError e) {
                    wrong.add("act " + which + ", part " + part + ": " + e);
                  }
                }
              });
      worker.start();
      workers.add(worker);
    }
    for (Thread worker : workers) {
      worker.join();
    }
  }

  private static void reload(ProxyServlet servlet, String text, Queue<String> wrong) {
    try {
      Thread.sleep(SECONDS * 125); // Half of the part.
      Configuration same =
          ConfigurationReader.read(
              new TextSource("culvert.conf", text),
              new ConfigurationReader.Options(ConfigurationReader.Form.WAR, "."));
      servlet.reload(same);
    } catch (Exception e) {
      wrong.add("reload: " + e);
    }
  }

  /** Every connection that a backend was given has ended, and with it its relay or exchange. */
  private static void settle(TestOrigin origin) {
    await("backends' connections", () -> origin.ends.size() == origin.connections.get());
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(45);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private static long descriptors() {
    String[] open = new File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }

  private static long directMemory() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long culvertThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("culvert-"))
        .count();
  }

  // The backend: what it does is what the request's X-Do says.

  private static void backend(TestOrigin.Talk talk) throws Exception {
    String head = talk.head();
    switch (Wire.field(head, "X-Do")) {
      case "ok" -> {
        byte[] body = talk.body(head);
        talk.send("HTTP/1.1 200 OK\r\nConnection: close\r\n");
        talk.send("Content-Length: " + body.length + "\r\n\r\n");
        talk.out.write(body);
      }
      case "refuse" -> talk.body(head);
      case "forbid" ->
          talk.send("HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      case "http-reset" -> talk.reset();
      case "stall" -> drain(talk);
      case "cut" -> talk.send(LENGTH + "x".repeat(5000));
      case "cut-reset" -> {
        talk.send(LENGTH + "x".repeat(5000));
        talk.reset();
      }
      case "cut-stall" -> {
        talk.send(LENGTH + "x".repeat(5000));
        drain(talk);
      }
      case "http-flood" -> {
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
        byte[] piece = new byte[16 << 10];
        while (true) {
          talk.out.write(piece);
        }
      }
      default -> webSocket(talk, head);
    }
  }

  private static void webSocket(TestOrigin.Talk talk, String head) throws Exception {
    String act = Wire.field(head, "X-Do");
    if (act.equals("late")) {
      Thread.sleep(50); // The client leaves meanwhile.
    }
    talk.send(Wire.switching(head));
    Wire wire = new Wire(talk.in, talk.out, false);
    switch (act) {
      case "reset" -> {
        wire.text("soon");
        wire.read();
        talk.reset();
      }
      case "half" -> {
        byte[] frame = Wire.frame(Wire.BINARY, true, new byte[5000], false);
        talk.out.write(frame, 0, 3000);
      }
      case "ws-flood" -> {
        byte[] piece = new byte[16 << 10];
        while (true) {
          wire.send(Wire.BINARY, true, piece);
        }
      }
      case "ws-stall" -> {
        Thread.sleep(200); // Reads nothing.
        drain(talk);
      }
      default -> Wire.echo().run(wire, talk);
    }
  }

  private static void drain(TestOrigin.Talk talk) throws IOException {
    while (talk.in.read() >= 0) {
      // Until the proxy leaves.
    }
  }

  // WebSocket clients.

  private static RawClient open(int port, String act) throws IOException {
    RawClient client = offer(port, "/", act);
    String head = client.until("\r\n\r\n");
    if (!head.startsWith("HTTP/1.1 101 ")) {
      client.close();
      throw new IOException("not 101: " + head);
    }
    return client;
  }

  private static RawClient offer(int port, String path, String act) throws IOException {
    RawClient client = new RawClient(port);
    return client.send(RelaySetup.handshake("X-Do: " + act).replace("/chat", path));
  }

  private static Wire wire(RawClient client) throws IOException {
    return new Wire(client.socket.getInputStream(), client.socket.getOutputStream(), true);
  }

  private static void reset(RawClient client) throws IOException {
    client.socket.setSoLinger(true, 0);
    client.socket.close();
  }

  private static void talks(Random random, int port) throws Exception {
    try (RawClient client = open(port, "echo")) {
      Wire wire = wire(client);
      for (int i = random.nextInt(6); i >= 0; i--) {
        byte[] payload = new byte[random.nextInt(4) == 0 ? random.nextInt(100_000) : i * 100];
        random.nextBytes(payload);
        int split = payload.length == 0 ? 0 : random.nextInt(payload.length);
        wire.send(Wire.BINARY, false, Arrays.copyOf(payload, split));
        wire.send(Wire.CONTINUATION, true, Arrays.copyOfRange(payload, split, payload.length));
        assertThat(Arrays.equals(wire.message().payload(), payload)).as("the echo").isTrue();
      }
      wire.close(1000, "");
      assertThat(wire.message().code()).isEqualTo(1000);
    }
  }

  private static void resets(Random random, int port) throws Exception {
    try (RawClient client = open(port, "echo")) {
      wire(client).send(Wire.BINARY, true, new byte[random.nextInt(50_000)]);
      reset(client);
    }
  }

  private static void leavesInsideAFrame(Random random, int port) throws Exception {
    try (RawClient client = open(port, "echo")) {
      byte[] frame = Wire.frame(Wire.BINARY, true, new byte[20_000], true);
      client.socket.getOutputStream().write(frame, 0, 1 + random.nextInt(frame.length - 1));
    }
  }

  /** By a relay the client is told; a tunnel passes on what came, and the end. */
  private static void endsWithTheBackend(int port, String act, boolean tunnelled) throws Exception {
    try (RawClient client = open(port, act)) {
      Wire wire = wire(client);
      wire.text("go on");
      if (tunnelled) {
        assertThat(client.rest().length()).isLessThanOrEqualTo(3000);
        return;
      }
      Wire.Frame frame;
      do {
        frame = wire.read();
      } while (frame.opcode() != Wire.CLOSE);
      assertThat(frame.code()).isEqualTo(1014);
    }
  }

  private static void stopsReading(Random random, int port) throws Exception {
    try (RawClient client = open(port, "ws-flood")) {
      Thread.sleep(random.nextInt(300)); // Reads nothing.
      if (random.nextBoolean()) {
        reset(client);
      }
    }
  }

  private static void isNotRead(Random random, int port) throws Exception {
    try (RawClient client = open(port, "ws-stall")) {
      Wire wire = wire(client);
      for (int i = random.nextInt(20); i >= 0; i--) {
        wire.send(Wire.BINARY, true, new byte[10_000]);
      }
      if (random.nextBoolean()) {
        reset(client);
      }
    }
  }

  private static void isAnswered(int port, String path, String act, String status)
      throws Exception {
    try (RawClient client = offer(port, path, act)) {
      assertThat(client.until("\r\n\r\n")).startsWith(status);
    }
  }

  private static void leavesWhileItIsDialled(Random random, int port) throws Exception {
    try (RawClient client = offer(port, "/", "late")) {
      Thread.sleep(random.nextInt(100)); // Before the backend's answer, or after it.
      reset(client);
    }
  }

  // HTTP clients.

  private static RawClient request(int port, String path, String act, int length)
      throws IOException {
    return new RawClient(port)
        .send(
            (length == 0 ? "GET " : "POST ")
                + path
                + " HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\nX-Do: "
                + act
                + (length == 0 ? "" : "\r\nContent-Length: " + length)
                + "\r\n\r\n");
  }

  private static void getsAndPosts(Random random, int port) throws Exception {
    int length = random.nextInt(100_000);
    try (RawClient client = request(port, place(random), "ok", length)) {
      client.send("y".repeat(length));
      String answer = client.answer();
      assertThat(answer).startsWith("HTTP/1.1 200");
      assertThat(answer.length() - answer.indexOf("\r\n\r\n") - 4).isEqualTo(length);
    }
  }

  private static void fails(int port, String path, String act, String status) throws Exception {
    try (RawClient client = request(port, path, act, 0)) {
      assertThat(client.rest()).as(act).startsWith(status);
    }
  }

  private static void isCutShort(int port, String path, String act) throws Exception {
    try (RawClient client = request(port, path, act, 0)) {
      String all = client.rest();
      int body = all.indexOf("\r\n\r\n") + 4;
      // A reset may overtake what was sent before it: then nothing of the answer was seen.
      if (!all.startsWith("HTTP/1.1 502") || !act.equals("cut-reset")) {
        assertThat(all).as(act).startsWith("HTTP/1.1 200").contains("Content-Length: 100000");
        assertThat(all.length() - body).as(act).isLessThanOrEqualTo(5000);
      }
    }
  }

  private static void leavesADownload(Random random, int port) throws Exception {
    try (RawClient client = request(port, place(random), "http-flood", 0)) {
      assertThat(client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
      Thread.sleep(random.nextInt(200)); // Reads nothing.
      if (random.nextBoolean()) {
        reset(client);
      }
    }
  }

  private static void leavesAnUpload(Random random, int port) throws Exception {
    try (RawClient client = request(port, place(random), "ok", 200_000)) {
      client.send("y".repeat(random.nextInt(100_000)));
      if (random.nextBoolean()) {
        reset(client);
      }
    }
  }
}
