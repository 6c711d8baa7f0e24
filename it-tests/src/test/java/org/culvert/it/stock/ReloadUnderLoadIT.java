package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.culvert.it.Await;
import org.culvert.it.launcher.Launcher;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The launcher takes fifty configurations, one after the other, under two thousand requests a
 * second and with five hundred WebSockets open: no request fails, no WebSocket is dropped, and
 * afterwards it holds what it held after the first.
 */
@Tag("long")
class ReloadUnderLoadIT {
  private static final int RELOADS = 50;
  private static final Duration BETWEEN = Duration.ofMillis(400);
  private static final int CLIENTS = 16;
  private static final long NANOS_A_REQUEST = 1_000_000_000L * CLIENTS / 2_000;
  private static final int WEBSOCKETS = 500;

  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private volatile boolean over;

  private static String configuration(int number) {
    return """
        keepalive_requests 1000000;
        location / { proxy_pass %1$s; proxy_websocket tunnel; }
        location /relay { proxy_pass %1$s; proxy_websocket relay; rewrite ^/relay(.*) $1 break; }
        location = /number { return 200 "number %2$d"; }
        """
        .formatted(Origin.shared().url(), number);
  }

  @Test
  @Timeout(300)
  void nothingIsLost() throws Exception {
    String page = Origin.shared().on("/page", Behaviour.answer(200, "a page"));
    String chat = Origin.shared().on("/chat", Behaviour.webSocket(Talk.ECHO));
    Path jcmd = Path.of(System.getProperty("culvert.it.stock"), "reload-jcmd.out");
    List<RawWebSocket> sockets = new ArrayList<>();
    try (Launcher launcher = new Launcher(configuration(0))) {
      for (int i = 0; i < WEBSOCKETS; i++) {
        sockets.add(RawWebSocket.open(launcher.port(), (i % 2 == 0 ? "/relay" : "") + chat));
      }
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Thread client = new Thread(() -> ask(launcher.port(), page));
        client.start();
        clients.add(client);
      }
      Jvm jvm = new Jvm(launcher.process(), jcmd);
      reload(launcher, 1);
      Footprint first = Footprint.of(jvm);
      long began = System.nanoTime();
      for (int i = 2; i <= RELOADS; i++) {
        reload(launcher, i);
        for (int j = 0; j < 10; j++) {
          echo(sockets.get((i * 10 + j) % WEBSOCKETS), "reload " + i);
        }
        LockSupport.parkNanos(began + (i - 1) * BETWEEN.toNanos() - System.nanoTime());
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      over = true;
      for (Thread client : clients) {
        client.join();
      }
      assertThat(failures).isEmpty();
      assertThat(answered.get() / seconds).as("requests a second").isGreaterThan(1_000);
      for (RawWebSocket socket : sockets) {
        echo(socket, "still here");
      }
      Await.until(Duration.ofSeconds(20), () -> Footprint.of(jvm).threads() <= first.threads() + 8);
      Footprint last = Footprint.of(jvm);
      assertThat(last.threads()).as("threads").isLessThanOrEqualTo(first.threads() + 8);
      assertThat(last.descriptors()).as("descriptors").isLessThanOrEqualTo(first.descriptors() + 8);
      assertThat(jvm.instances("org.culvert.servlet.ProxyRuntime"))
          .as("configurations: those of open WebSockets and the last")
          .isLessThanOrEqualTo(3);
      assertThat(launcher.log()).doesNotContain("[emerg]", "[alert]", "[crit]");
    } finally {
      over = true;
      for (RawWebSocket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Returns when it answers by the new configuration. */
  private static void reload(Launcher launcher, int number) throws Exception {
    launcher.reload(configuration(number));
    assertThat(
            Await.until(
                Duration.ofSeconds(20),
                () -> {
                  try (RawClient client = new RawClient(launcher.port())) {
                    client.request("GET /number", "Connection: close");
                    return client.answer().text().equals("number " + number);
                  }
                }))
        .as("configuration %d: %s", number, launcher.log())
        .isTrue();
  }

  private static void echo(RawWebSocket socket, String text) throws IOException {
    Frame frame = Frame.text(text);
    assertThat(socket.send(frame).readMessage()).isEqualTo(frame);
  }

  /** One client: a kept connection for a hundred requests, then another. */
  private void ask(int port, String page) {
    long next = System.nanoTime();
    while (!over) {
      try (RawClient client = new RawClient(port)) {
        for (int i = 0; i < 100 && !over; i++) {
          RawClient.Answer answer = client.request("GET " + page).answer();
          if (answer.status() != 200 || !answer.text().equals("a page")) {
            failures.add(new AssertionError(answer.toString()));
          }
          answered.incrementAndGet();
          next += NANOS_A_REQUEST;
          LockSupport.parkNanos(next - System.nanoTime());
        }
      } catch (IOException | RuntimeException e) {
        failures.add(e);
      }
    }
  }
}
