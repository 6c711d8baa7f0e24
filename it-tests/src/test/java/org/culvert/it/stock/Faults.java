package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.After;
import org.culvert.it.origin.Behaviour.Fault;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;

/**
 * Everything that goes wrong, at once and again and again, among requests that must not notice:
 * what each client gets is checked, whatever happens beside it. The order is random, by a seed.
 */
final class Faults {
  private static final int CLIENTS = 8;
  private static final byte[] BODY = new byte[100_000];

  /** One client's doing from its connection to its end. */
  private interface Doing {
    void run() throws Exception;
  }

  private final int port;
  private final Map<String, Doing> doings = new LinkedHashMap<>();

  Faults(Origin origin, int port) {
    this.port = port;
    http(origin);
    brokenHttp(origin);
    webSockets(origin);
  }

  /** Does them all for that long; fails with what any client got that it should not have. */
  void run(Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    Map<String, AtomicInteger> done = new ConcurrentHashMap<>();
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Random random = new Random(i);
      Thread client = new Thread(() -> runUntil(end, random, done, failures), "client-" + i);
      client.start();
      clients.add(client);
    }
    for (Thread client : clients) {
      client.join();
    }
    assertThat(failures).as("after %s", done).isEmpty();
    assertThat(done.keySet()).containsExactlyInAnyOrderElementsOf(doings.keySet());
  }

  private void runUntil(
      long end, Random random, Map<String, AtomicInteger> done, List<Throwable> failures) {
    List<String> names = List.copyOf(doings.keySet());
    while (System.nanoTime() < end && failures.size() < 5) {
      String name = names.get(random.nextInt(names.size()));
      try {
        doings.get(name).run();
        done.computeIfAbsent(name, key -> new AtomicInteger()).incrementAndGet();
      } catch (Exception | AssertionError e) {
        failures.add(new AssertionError(name, e));
      }
    }
  }

  private RawClient client() throws IOException {
    RawClient client = new RawClient(port);
    client.patience(Duration.ofSeconds(30));
    return client;
  }

  private RawWebSocket open(String path) throws IOException {
    RawWebSocket socket = RawWebSocket.open(port, path);
    socket.wire().patience(Duration.ofSeconds(30));
    return socket;
  }

  private void expect(int status, String path, String... fields) throws IOException {
    try (RawClient client = client()) {
      assertThat(client.request("GET " + path, fields).answer().status()).isEqualTo(status);
    }
  }

  private void http(Origin origin) {
    for (String prefix : new String[] {"", "/buffered", "/pair"}) {
      String page = origin.on(prefix + "/page", Behaviour.answer(200, "page"));
      doings.put("page " + prefix, () -> expect(200, page));
    }
    for (String prefix : new String[] {"", "/buffered"}) {
      String echo = origin.on(prefix + "/echo", new Behaviour.EchoBody());
      doings.put(
          "echo " + prefix,
          () -> {
            try (RawClient client = client()) {
              for (int i = 0; i < 3; i++) {
                assertThat(client.request("PUT " + echo, BODY).answer().body()).isEqualTo(BODY);
              }
            }
            origin.forget(echo);
          });
      String half = origin.on(prefix + "/half", new Behaviour.EchoBody());
      doings.put(
          "half an upload " + prefix,
          () -> {
            try (RawClient client = client()) {
              client.request("PUT " + half, "Content-Length: " + 2 * BODY.length);
              client.send(BODY);
              client.reset();
            }
          });
    }
  }

  private void brokenHttp(Origin origin) {
    String resets = origin.on("/resets", Behaviour.reset());
    String stalls = origin.on("/quick/stalls", Behaviour.stall());
    doings.put("refused", () -> expect(502, "/refused"));
    doings.put("reset", () -> expect(502, resets));
    doings.put("stalled", () -> expect(504, stalls));
    for (After after : new After[] {After.CLOSE, After.RESET}) {
      String cut =
          origin.on(
              "/cut",
              Behaviour.bytes(
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", after));
      doings.put("cut short by " + after, () -> expectCut(cut));
    }
    String flood = origin.on("/flood", new Behaviour.Flood(20 << 20, true));
    String stall = origin.on("/stall", Behaviour.stall());
    doings.put("client leaves a flood", () -> leave(flood, true));
    doings.put("client leaves a stall", () -> leave(stall, false));
  }

  private void expectCut(String path) throws IOException {
    try (RawClient client = client()) {
      Head head = client.request("GET " + path).readHead();
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      client.drain(rest);
      // a reset may come before anything was passed on
      if (head.status() != 502) {
        assertThat(head.status()).isEqualTo(200);
        assertThat(rest.toString(StandardCharsets.ISO_8859_1)).doesNotContain("0\r\n\r\n");
      }
    }
  }

  private void leave(String path, boolean answered) throws IOException {
    try (RawClient client = client()) {
      client.request("GET " + path);
      if (answered) {
        assertThat(client.readHead().status()).isEqualTo(200);
      }
      client.abandon();
      client.reset();
    }
  }

  private void webSockets(Origin origin) {
    String echo = origin.on("/socket", Behaviour.webSocket(Talk.ECHO));
    doings.put("socket closed", () -> close(echo));
    doings.put("socket reset by the client", () -> talk(echo).reset());
    doings.put("socket left by the client", () -> talk(echo).close());
    String dies = origin.on("/dies", Behaviour.webSocket(Talk.HAND_OVER));
    doings.put("socket reset by the backend", () -> resetByTheBackend(origin, dies));
    String mute = origin.on("/mute", Behaviour.webSocket(Talk.MUTE));
    doings.put(
        "socket reset in the midst of a message",
        () -> {
          RawWebSocket socket = open(mute);
          socket.send(new Frame(false, 0, Frame.BINARY, BODY)).reset();
        });
    String refuses = origin.on("/refuses", Behaviour.answer(403, "no"));
    doings.put("handshake refused", () -> expect(403, refuses, RawWebSocket.offer()));
    String faulty = origin.on("/faulty", Behaviour.faulty(Fault.WRONG_ACCEPT));
    doings.put("handshake faulty", () -> expect(502, faulty, RawWebSocket.offer()));
    doings.put("handshake nowhere", () -> expect(502, "/refused", RawWebSocket.offer()));
    String stalls = origin.on("/never", Behaviour.stall());
    doings.put(
        "handshake left by the client",
        () -> {
          try (RawClient client = client()) {
            client.request("GET " + stalls, RawWebSocket.offer()).reset();
          }
        });
  }

  private RawWebSocket talk(String path) throws IOException {
    RawWebSocket socket = open(path);
    for (int i = 0; i < 5; i++) {
      Frame frame = Frame.text("message " + i);
      assertThat(socket.send(frame).readMessage()).isEqualTo(frame);
    }
    return socket;
  }

  private void close(String path) throws IOException {
    try (RawWebSocket socket = talk(path)) {
      socket.shut();
    }
  }

  private void resetByTheBackend(Origin origin, String path) throws Exception {
    try (RawWebSocket socket = open(path)) {
      // whose backend it is does not matter: there are as many as clients
      origin.takeWebSocket(path).reset();
      for (Frame frame = socket.readOrEnd(); frame != null; frame = socket.readOrEnd()) {
        assertThat(frame.opcode()).isEqualTo(Frame.CLOSE);
      }
    }
  }
}
