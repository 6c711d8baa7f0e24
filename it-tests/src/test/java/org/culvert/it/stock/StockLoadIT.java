package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.zip.CRC32;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Behaviour.Talk;
import org.culvert.it.origin.Origin;
import org.culvert.it.origin.Pattern;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawClient;
import org.culvert.it.wire.RawWebSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@code culvert.war} in containers as they are downloaded, with 64 MB of heap for everything:
 * bodies of two gigabytes pass, and of ten thousand WebSockets or a minute of faults nothing stays.
 */
@Tag("long")
class StockLoadIT {
  private static final Origin ORIGIN = Origin.shared();
  private static final long TWO_GIGABYTES = 2L << 30;

  private static final String CONFIGURATION =
      """
      access_log off;
      client_max_body_size 0;
      proxy_websocket %4$s;
      upstream pair {
          server 127.0.0.1:%2$d;
          server 127.0.0.1:%3$d;
      }
      location / {
          proxy_pass %1$s;
          proxy_buffering off;
          proxy_request_buffering off;
      }
      location /buffered/ {
          proxy_pass %1$s;
      }
      location /quick/ {
          proxy_pass %1$s;
          proxy_read_timeout 1s;
      }
      location /pair/ {
          proxy_pass http://pair;
      }
      location /refused {
          proxy_pass http://127.0.0.1:%2$d;
      }
      """;

  /** One with the WAR at {@code /}, that answers; WebSockets are carried in that mode. */
  private static StockContainer started(StockContainer.Kind kind, String mode) throws Exception {
    StockContainer container = StockContainer.prepare(kind).withHeap("64m");
    try {
      Files.writeString(
          container.configuration(),
          CONFIGURATION.formatted(ORIGIN.url(), Origin.refusedPort(), ORIGIN.port(), mode));
      container.deploy(Archives.culvertWar(), "ROOT.war");
      container.start();
      ORIGIN.at("/up", Behaviour.answer(200, "up"));
      assertThat(Await.until(Duration.ofSeconds(60), () -> container.status("/up") == 200))
          .as(container.log())
          .isTrue();
      return container;
    } catch (Exception | AssertionError e) {
      container.close();
      throw e;
    }
  }

  /** What is done with one of them. */
  private interface Doing {
    void with(StockContainer container) throws Exception;
  }

  /**
   * Does it. What goes wrong comes with what the container has said: one that ran out of memory
   * ends, of which its clients see the end of their connections alone.
   */
  private static void in(StockContainer.Kind kind, String mode, Doing doing) throws Exception {
    try (StockContainer container = started(kind, mode)) {
      try {
        doing.with(container);
      } catch (Exception | AssertionError e) {
        e.addSuppressed(new IOException(kind + " said: " + container.log()));
        throw e;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TOMCAT_11", "JETTY_12_1"})
  @Timeout(240)
  void twoGigabytesPassEachWay(StockContainer.Kind kind) throws Exception {
    try (StockContainer container = started(kind, "off")) {
      long crc = Pattern.crc(TWO_GIGABYTES);
      for (String prefix : new String[] {"", "/buffered"}) {
        String down = ORIGIN.on(prefix + "/down", new Behaviour.Flood(TWO_GIGABYTES, false));
        String up = ORIGIN.on(prefix + "/up", new Behaviour.Measure());
        try (RawClient client = new RawClient(container.port())) {
          // the buffered upload is on a disk before its first byte is sent on
          client.patience(Duration.ofSeconds(100));
          assertThat(crcOfAnswer(client.request("GET " + down))).isEqualTo(crc);
          client.request("PUT " + up, "Content-Length: " + TWO_GIGABYTES);
          for (long left = TWO_GIGABYTES; left > 0; left -= Pattern.piece().length) {
            client.send(Pattern.piece(), 0, Pattern.piece().length);
          }
          assertThat(client.answer().text()).isEqualTo(TWO_GIGABYTES + " " + Long.toHexString(crc));
        }
      }
      assertThat(container.log()).doesNotContain("java.lang.OutOfMemoryError");
      // The client has the answer's last byte a moment before the request has ended.
      Await.until(Duration.ofSeconds(20), () -> Footprint.temporaryFiles(container).isEmpty());
      assertThat(Footprint.temporaryFiles(container)).isEmpty();
    }
  }

  private static long crcOfAnswer(RawClient client) throws Exception {
    Head head = client.readHead();
    assertThat(head.length()).isEqualTo(TWO_GIGABYTES);
    CRC32 crc = new CRC32();
    byte[] buffer = new byte[64 * 1024];
    for (long left = TWO_GIGABYTES; left > 0; ) {
      int n = client.read(buffer);
      assertThat(n).as("%d bytes before the end", left).isPositive();
      crc.update(buffer, 0, n);
      left -= n;
    }
    return crc.getValue();
  }

  // the other two embedded: RelayPressureTest
  @ParameterizedTest
  @CsvSource({"TOMCAT_11,relay", "JETTY_12_0,relay", "TOMCAT_11,tunnel"})
  @Timeout(240)
  void tenThousandWebSocketsLeaveNothing(StockContainer.Kind kind, String mode) throws Exception {
    String path = ORIGIN.on("/socket", Behaviour.webSocket(Talk.ECHO));
    in(
        kind,
        mode,
        container -> {
          openAndClose(container, path, 1000);
          Footprint before = Footprint.of(container);
          openAndClose(container, path, 9000);
          Footprint.assertNoMoreThan(before, container);
        });
  }

  /** One after another, ended in every way there is. */
  private static void openAndClose(StockContainer container, String path, int count)
      throws Exception {
    for (int i = 0; i < count; i++) {
      try (RawWebSocket socket = RawWebSocket.open(container.port(), path)) {
        assertThat(socket.send(Frame.text("hello")).readMessage()).isEqualTo(Frame.text("hello"));
        switch (i % 3) {
          case 0 -> socket.shut();
          case 1 -> socket.reset();
          default -> {
            // FIN
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT_11,relay", "JETTY_12_1,relay", "TOMCAT_11,tunnel"})
  @Timeout(240)
  void aMinuteOfFaultsBreaksNothingElseAndLeavesNothing(StockContainer.Kind kind, String mode)
      throws Exception {
    in(
        kind,
        mode,
        container -> {
          Faults faults = new Faults(ORIGIN, container.port());
          faults.run(Duration.ofSeconds(10));
          Footprint before = Footprint.of(container);
          faults.run(Duration.ofSeconds(50));
          Footprint.assertNoMoreThan(before, container);
          try (RawClient client = new RawClient(container.port())) {
            assertThat(client.request("GET /up").answer().text()).isEqualTo("up");
          }
        });
  }
}
