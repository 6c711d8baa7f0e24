package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.culvert.exchange.Timers;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Slow readers, many sockets, big messages: what must stay bounded does. */
@Timeout(120)
class RelayPressureTest {
  /** More than this of one direction is in no buffer of kernel and proxy together. */
  private static final long MOST = 24 << 20;

  /** Sends frames for ever and counts; whole messages, or one that never ends. */
  private static Wire.Talk flood(AtomicLong sent, boolean endless) {
    return (wire, talk) -> {
      byte[] piece = new byte[16 << 10];
      boolean first = true;
      while (true) {
        wire.send(first ? Wire.BINARY : Wire.CONTINUATION, !endless, piece);
        first = !endless;
        sent.addAndGet(piece.length);
      }
    };
  }

  /** The number, once it has not grown for half a second. */
  private static long settled(AtomicLong number) throws InterruptedException {
    long before = -1;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (before != number.get() && System.nanoTime() < deadline) {
      before = number.get();
      Thread.sleep(500); // To see that nothing happens one has to wait.
    }
    return before;
  }

  @ParameterizedTest
  @CsvSource({
    "JETTY_RELAY,false",
    "JETTY_RELAY,true",
    "JETTY_JAKARTA_RELAY,true",
    "TOMCAT_RELAY,false",
    "TOMCAT_RELAY,true",
    "JETTY_TUNNEL,true",
    "TOMCAT_TUNNEL,true",
    "JETTY_TUNNEL_TLS,true",
    "JETTY_TUNNEL_TO_TLS,true",
    "TOMCAT_TUNNEL_TLS,true"
  })
  void holdsABackendBackWhoseClientStopsReading(Way way, boolean endless) throws Exception {
    AtomicLong sent = new AtomicLong();
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(flood(sent, endless)))) {
      RelaySetup.Client client = setup.open(64 << 10);
      long held = settled(sent);
      assertThat(held).isLessThan(MOST);
      // It goes on as soon as the client does.
      for (long read = 0; read < held + (8 << 20); ) {
        Wire.Frame frame = client.wire.read();
        read += frame.payload().length;
      }
      assertThat(sent.get()).isGreaterThan(held);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void holdsAClientBackWhoseBackendStopsReading(Way way) throws Exception {
    java.util.concurrent.CountDownLatch read = new java.util.concurrent.CountDownLatch(1);
    AtomicLong arrived = new AtomicLong();
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              read.await();
              while (true) {
                arrived.addAndGet(wire.read().payload().length);
              }
            });
    try (RelaySetup setup = new RelaySetup(way, backend)) {
      RelaySetup.Client client = setup.open();
      AtomicLong sent = new AtomicLong();
      Thread sender = new Thread(() -> floodFrom(client, sent));
      sender.start();
      long held = settled(sent);
      assertThat(held).isLessThan(MOST);
      read.countDown();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (arrived.get() < held + (4 << 20)) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.onSpinWait();
      }
      client.reset();
      sender.join();
    }
  }

  /** Every stop of the backend stops the container's reading, every start has it go on. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void aBackendThatReadsInFitsAndStartsGetsEverything(Way way) throws Exception {
    int messages = 8000;
    int size = 16 << 10;
    CountDownLatch all = new CountDownLatch(1);
    AtomicLong arrived = new AtomicLong();
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              long pause = 8 << 20;
              while (arrived.addAndGet(wire.read().payload().length) < (long) messages * size) {
                if (arrived.get() > pause) {
                  pause += 8 << 20;
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100)); // Slow at its work.
                }
              }
              all.countDown();
            });
    try (RelaySetup setup = new RelaySetup(way, backend)) {
      RelaySetup.Client client = setup.open();
      for (int i = 0; i < messages; i++) {
        client.wire.send(Wire.BINARY, true, new byte[size]);
      }
      assertThat(all.await(60, TimeUnit.SECONDS)).as("%s arrived", arrived).isTrue();
    }
  }

  private static void floodFrom(RelaySetup.Client client, AtomicLong sent) {
    byte[] piece = new byte[16 << 10];
    try {
      while (true) {
        client.wire.send(Wire.BINARY, true, piece);
        sent.addAndGet(piece.length);
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void cutsASessionThatStallsTooLong(Way way) throws Exception {
    AtomicLong sent = new AtomicLong();
    try (RelaySetup setup =
        new RelaySetup(
            way,
            Wire.backend(flood(sent, true)),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            50)) {
      setup.open(64 << 10);
      assertThat(setup.proxy.ends.poll(10, TimeUnit.SECONDS).cause()).contains("the client");
      assertThat(setup.origin.ends.poll(5, TimeUnit.SECONDS)).isNotNull();
      setup.relays(0);
    }
  }

  /** With 20 threads and 100 stalled sockets in each direction plain requests are answered. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void answersPlainRequestsBesidesAHundredStalledSocketsEachWay(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(Wire.switching(head));
          if (Wire.field(head, "X-Do").equals("flood")) {
            flood(new AtomicLong(), head.hashCode() % 2 == 0)
                .run(new Wire(talk.in, talk.out, false), talk);
          } else {
            Thread.sleep(60_000); // Reads nothing.
          }
        };
    try (RelaySetup setup =
        new RelaySetup(way, backend, Duration.ofSeconds(60), Duration.ofSeconds(60), 20)) {
      List<Thread> senders = new ArrayList<>();
      AtomicLong sent = new AtomicLong();
      for (int i = 0; i < 100; i++) {
        setup.open(16 << 10, "X-Do: flood");
        RelaySetup.Client client = setup.open("X-Do: nothing");
        Thread sender = new Thread(() -> floodFrom(client, sent));
        sender.start();
        senders.add(sender);
      }
      settled(sent);
      long[] took = new long[5];
      for (int i = 0; i < took.length; i++) {
        long start = System.nanoTime();
        try (RelaySetup.Client client = setup.connect()) {
          client.send("GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
          assertThat(client.answer()).startsWith("HTTP/1.1 200");
        }
        took[i] = System.nanoTime() - start;
      }
      Arrays.sort(took); // The middle one: where threads are taken, all are slow.
      assertThat(Duration.ofNanos(took[2])).isLessThan(Duration.ofSeconds(1));
      if (way != Way.JETTY_JAKARTA_RELAY) {
        assertThat(setup.proxy.ends).isEmpty(); // None had to be given up.
        assertThat(setup.proxy.count()).isEqualTo(200);
      }
      // The backend's own sleep on, those of the ways before among them.
      long threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> !t.getName().equals("origin"))
              .count();
      assertThat(threads).isLessThan(400);
    }
  }

  /** A stalled tunnel has no thread that could wait. */
  @Tag("long")
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void answersPlainRequestsBesidesStalledTunnels(Way way) throws Exception {
    answersPlainRequestsBesidesAHundredStalledSocketsEachWay(way);
  }

  /** More Closes wait for clients that do not read than there are threads. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void closesOthersWhileClosesAreStalled(Way way) throws Exception {
    CountDownLatch goAway = new CountDownLatch(1);
    AtomicLong sent = new AtomicLong();
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          talk.send(Wire.switching(head));
          Wire wire = new Wire(talk.in, talk.out, false);
          if (Wire.field(head, "X-Do").equals("echo")) {
            Wire.echo().run(wire, talk);
          }
          Thread flood = new Thread(() -> floodUntilClosed(wire, talk, sent));
          flood.start();
          goAway.await();
          talk.reset();
        };
    try (RelaySetup setup =
        new RelaySetup(way, backend, Duration.ofSeconds(60), Duration.ofSeconds(60), 50)) {
      List<RelaySetup.Client> stalled = new ArrayList<>();
      for (int i = 0; i < 140; i++) {
        stalled.add(setup.open(16 << 10));
      }
      RelaySetup.Client healthy = setup.open("X-Do: echo");
      settled(sent);
      goAway.countDown();
      for (int i = 0; i < stalled.size(); i++) {
        setup.origin.ends.take();
      }
      for (RelaySetup.Client client : stalled) {
        client.wire.text(
            "is anybody there?"); // Nobody, so it gets a Close, which it does not read.
      }
      healthy.wire.text("still there");
      assertThat(healthy.wire.message().text()).isEqualTo("still there");
      healthy.wire.close(1000, "");
      assertThat(healthy.wire.message().code()).isEqualTo(1000);
      setup.relays(0);
      assertThat(
              Thread.getAllStackTraces().keySet().stream()
                  .filter(t -> t.getName().startsWith("culvert-relay")))
          .hasSizeLessThanOrEqualTo(128);
    }
  }

  private static void floodUntilClosed(Wire wire, TestOrigin.Talk talk, AtomicLong sent) {
    try {
      flood(sent, true).run(wire, talk);
    } catch (Exception e) {
      // The connection was reset.
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "TOMCAT_RELAY", "JETTY_TUNNEL", "TOMCAT_TUNNEL_TLS"})
  void leavesNothingAfterFiveHundredConnections(Way way) throws Exception {
    openAndClose(way, 500);
  }

  @Tag("long")
  @Timeout(600)
  @ParameterizedTest
  @EnumSource(names = ".*_TLS", mode = EnumSource.Mode.MATCH_NONE) // Their handshakes take minutes.
  void leavesNothingAfterTenThousandConnections(Way way) throws Exception {
    openAndClose(way, 10_000);
  }

  private static void openAndClose(Way way, int count) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()))) {
      once(setup, 0);
      long descriptors = -1;
      for (int i = 1; i <= count; i++) {
        once(setup, i);
        if (i == 100) {
          descriptors = descriptors();
        }
      }
      setup.relays(0);
      assertNothingTimed(setup);
      long threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().startsWith("culvert-"))
              .count();
      assertThat(threads).isLessThan(64 + 128 + 8);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (descriptors() > descriptors + 60 && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(descriptors()).isLessThanOrEqualTo(descriptors + 60);
      var peer = setup.proxy.upstreams.groups().all().get(0).peers().get(0);
      while (peer.inFlight() > 0 && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(peer.inFlight()).isZero();
    }
  }

  /**
   * A time limit that runs on holds its WebSocket, some 60 KB with the container's session: of a
   * few hundred a second that is more than a small heap has.
   */
  private static void assertNothingTimed(RelaySetup setup) throws Exception {
    Field scheduler = Timers.class.getDeclaredField("scheduler");
    scheduler.setAccessible(true);
    Timers timers = setup.proxy.upstreams.timers();
    Queue<Runnable> limits = ((ThreadPoolExecutor) scheduler.get(timers)).getQueue();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
    int fewest = limits.size();
    while (fewest > 1 && System.nanoTime() < deadline) {
      Thread.sleep(10);
      fewest = Math.min(fewest, limits.size());
    }
    assertThat(fewest).as("limits besides the look for hang-ups").isLessThanOrEqualTo(1);
  }

  private static long descriptors() {
    String[] open = new java.io.File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }

  /** Ends in every way there is. */
  private static void once(RelaySetup setup, int i) throws Exception {
    try (RelaySetup.Client client = setup.open()) {
      client.wire.text("hello " + i);
      assertThat(client.wire.message().text()).isEqualTo("hello " + i);
      if (i % 3 == 0) {
        client.wire.close(1000, "");
        client.wire.message();
      } else if (i % 3 == 1) {
        client.reset();
      }
    }
  }

  @Tag("long")
  @Timeout(600)
  @ParameterizedTest
  @EnumSource(Way.class)
  void carriesAHundredMegabytesInOneMessage(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()));
        RelaySetup.Client client = setup.open()) {
      byte[] payload = new byte[100 << 20];
      new java.util.Random(7).nextBytes(payload);
      Thread sender =
          new Thread(
              () -> {
                try {
                  client.wire.send(Wire.BINARY, true, payload);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      sender.start();
      assertThat(java.util.Arrays.equals(client.wire.message().payload(), payload)).isTrue();
      sender.join();
    }
  }
}
