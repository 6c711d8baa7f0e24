package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.culvert.it.Await;
import org.culvert.it.launcher.Launcher;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawWebSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two thousand WebSockets through the launcher, with messages of mixed sizes, that come and go all
 * the time: what it holds does not grow. {@code -Dculvert.soak.seconds} chooses another length.
 */
@Tag("long")
class LauncherSoakIT {
  private static final long SECONDS = Long.getLong("culvert.soak.seconds", 60);
  private static final int WORKERS = 8;
  private static final int WEBSOCKETS_EACH = 250;

  /** What a JVM moves about in a minute without any of it being kept. */
  private static final long HEAP = 8 << 20;

  private static final long DIRECT_KILOBYTES = 16 << 10;
  private static final int DESCRIPTORS = 40;

  /** Of pools that are bounded: those that write to clients and cut start when they have to. */
  private static final int RELAYS_THREADS = 96 + 32;

  private static final int OTHER_THREADS = 40;

  /** One of the clients: it has WebSockets of its own. */
  private static final class Worker implements AutoCloseable {
    private final Launcher launcher;
    private final String path;
    private final Random random;
    private final List<RawWebSocket> open = new ArrayList<>();

    Worker(Launcher launcher, String path, int seed) {
      this.launcher = launcher;
      this.path = path;
      this.random = new Random(seed);
    }

    void work(Duration time) throws IOException {
      long end = System.nanoTime() + time.toNanos();
      while (open.size() < WEBSOCKETS_EACH) {
        open.add(opened());
      }
      while (System.nanoTime() < end) {
        int which = random.nextInt(open.size());
        if (random.nextInt(20) == 0) {
          end(open.get(which));
          open.set(which, opened());
        }
        talk(open.get(which));
      }
    }

    private RawWebSocket opened() throws IOException {
      RawWebSocket socket = RawWebSocket.open(launcher.port(), path);
      socket.wire().patience(Duration.ofSeconds(60));
      return socket;
    }

    private void talk(RawWebSocket socket) throws IOException {
      int[] sizes = {1, 100, 1000, 10_000, 100_000, 1_000_000};
      byte[] bytes = new byte[random.nextInt(sizes[random.nextInt(sizes.length)]) + 1];
      random.nextBytes(bytes);
      Frame frame = Frame.binary(bytes);
      assertThat(socket.send(frame).readMessage()).isEqualTo(frame);
    }

    private void end(RawWebSocket socket) throws IOException {
      switch (random.nextInt(3)) {
        case 0 -> socket.shut();
        case 1 -> socket.reset();
        default -> socket.send(new Frame(false, 0, Frame.BINARY, new byte[random.nextInt(50_000)]));
      }
      socket.close();
    }

    @Override
    public void close() throws IOException {
      for (RawWebSocket socket : open) {
        socket.close();
      }
      open.clear();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"relay", "tunnel"})
  @Timeout(3600)
  void whatItHoldsDoesNotGrow(String mode) throws Exception {
    String path = Origin.shared().on("/soak", Behaviour.webSocket(Talk.ECHO));
    Path answer = Path.of(System.getProperty("culvert.it.stock"), "soak-jcmd.out");
    List<Worker> workers = new ArrayList<>();
    try (Launcher launcher =
        new Launcher(
            "location / { proxy_pass %s; proxy_websocket %s; }"
                .formatted(Origin.shared().url(), mode),
            "-Xmx256m",
            "-XX:NativeMemoryTracking=summary",
            "-XX:SoftRefLRUPolicyMSPerMB=0")) {
      for (int i = 0; i < WORKERS; i++) {
        workers.add(new Worker(launcher, path, i));
      }
      Jvm jvm = new Jvm(launcher.process(), answer);
      work(workers, Duration.ofSeconds(SECONDS / 3));
      Footprint before = Footprint.of(jvm);
      long direct = jvm.direct();
      work(workers, Duration.ofSeconds(SECONDS - SECONDS / 3));
      assertThat(Await.until(Duration.ofSeconds(30), () -> grown(before, direct, jvm).isEmpty()))
          .as("%s, direct %d KB; grown: %s", before, direct, grown(before, direct, jvm))
          .isTrue();
      for (Worker worker : workers) {
        worker.close();
      }
      assertThat(Await.until(Duration.ofSeconds(30), () -> jvm.descriptors().size() < 300))
          .as("descriptors when all have gone: %s", jvm.descriptors())
          .isTrue();
      assertThat(jvm.instances("org.culvert.tunnel.Tunnel")).isLessThan(5);
      assertThat(jvm.instances("org.culvert.upgrade.Relay")).isLessThan(5);
      assertThat(launcher.log()).doesNotContain("OutOfMemoryError", "[crit]", "[alert]");
    }
  }

  private static List<String> grown(Footprint before, long direct, Jvm jvm) throws Exception {
    Footprint now = Footprint.of(jvm);
    List<String> grown = new ArrayList<>();
    if (now.living() > before.living() + HEAP) {
      grown.add(now.living() + " bytes of heap");
    }
    if (now.threads() > before.threads() + RELAYS_THREADS + OTHER_THREADS) {
      grown.add(now.threads() + " threads");
    }
    if (now.descriptors() > before.descriptors() + DESCRIPTORS) {
      grown.add(now.descriptors() + " descriptors");
    }
    if (jvm.direct() > direct + DIRECT_KILOBYTES) {
      grown.add(jvm.direct() + " KB of direct memory");
    }
    return grown;
  }

  /** Has all of them work for so long; fails with what any client got that it should not have. */
  private static void work(List<Worker> workers, Duration time) throws InterruptedException {
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (Worker worker : workers) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  worker.work(time);
                } catch (IOException | AssertionError e) {
                  failures.add(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }
}
