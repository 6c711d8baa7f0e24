package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSockets that are relayed: a hop on each side, which answers for itself. */
@ArquillianTest
class RelayIT extends MessageTests {
  private static final String MODE = "relay";

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, configuration(Mount.ROOT, MODE));
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, configuration(Mount.APP, MODE));
  }

  @Override
  String mode() {
    return MODE;
  }

  @EveryMount
  void pingsAreAnsweredByTheHopThatGotThem(Mount mount) throws Exception {
    try (Pair pair = Pair.open(mount, "/pings")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        RawWebSocket end = pair.end(fromClient);
        assertThat(end.send(Frame.ping("are you there")).read())
            .isEqualTo(Frame.pong("are you there".getBytes(StandardCharsets.UTF_8)));
        end.send(Frame.pong("unasked".getBytes(StandardCharsets.UTF_8)));
        end.send(
            new Frame(false, 0, Frame.TEXT, "af".getBytes(StandardCharsets.UTF_8)),
            Frame.ping("between"),
            new Frame(true, 0, Frame.CONTINUATION, "ter".getBytes(StandardCharsets.UTF_8)));
        assertThat(pair.end(!fromClient).readMessage()).isEqualTo(Frame.text("after"));
        assertThat(end.read()).isEqualTo(Frame.pong("between".getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  @EveryMount
  void theNewerCloseCodesPassFromTheBackendAndNotFromTomcatsClient(Mount mount) throws Exception {
    for (int code : new int[] {1012, 1013, 1014}) {
      Frame close = Frame.close(code, "reason " + code);
      assertCloses(mount, false, close);
      if (!Running.isTomcat()) {
        assertCloses(mount, true, close);
        continue;
      }
      // Tomcat reports these of a client's as a protocol error, to the endpoint and the client
      try (Pair pair = Pair.open(mount, "/close")) {
        pair.client().send(close);
        assertThat(pair.backend().read().closeCode()).isEqualTo(1002);
        assertThat(pair.client().read().closeCode()).isEqualTo(1002);
      }
    }
  }

  @EveryMount
  void aCloseWithoutACodeStaysOne(Mount mount) throws Exception {
    for (boolean fromClient : new boolean[] {true, false}) {
      try (Pair pair = Pair.open(mount, "/empty-close")) {
        pair.end(fromClient).send(Frame.close());
        // Tomcat reports 1000 to the endpoint, and would write the reserved 1005 on the wire
        assertThat(pair.end(!fromClient).read().closeCode())
            .isEqualTo(Running.isTomcat() ? 1000 : 1005);
      }
    }
  }

  @EveryMount
  void brokenFramesEndBothSides(Mount mount) throws Exception {
    byte[][] broken = {
      {(byte) 0x83, (byte) 0x80, 0, 0, 0, 0}, // a reserved opcode
      {(byte) 0xF1, (byte) 0x80, 0, 0, 0, 0}, // reserved bits
      {(byte) 0x80, (byte) 0x80, 0, 0, 0, 0}, // a continuation of nothing
      {(byte) 0x81, 1, 'x'}, // unmasked
      {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, (byte) 0xFF}, // not UTF-8
    };
    for (byte[] bytes : broken) {
      try (Pair pair = Pair.open(mount, "/broken")) {
        pair.client().wire().send(bytes);
        Frame close = pair.client().read();
        assertThat(close.opcode()).as(Arrays.toString(bytes)).isEqualTo(Frame.CLOSE);
        assertThat(close.closeCode()).isIn(1002, 1007);
        pair.backend().wire().patience(Duration.ofSeconds(2));
        Frame told = pair.backend().readOrEnd();
        assertThat(told == null || told.opcode() == Frame.CLOSE || told.payload().length == 0)
            .as("the backend got " + told)
            .isTrue();
      }
    }
  }

  @Test
  @Timeout(60)
  void anIdleSocketIsPingedAndLivesWhileThePeersAnswer() throws Exception {
    // the peers have half a second for their pongs
    Await.atLeastOnce(RelayIT::assertPingedAndAlive);
  }

  private static void assertPingedAndAlive() throws Exception {
    try (Pair pair = Pair.open(Mount.ROOT, "/idle/alive")) {
      long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
      int pings = 0;
      while (System.nanoTime() < end) {
        Frame frame = pair.client().read();
        assertThat(frame.opcode()).isEqualTo(Frame.PING);
        pair.client().send(Frame.pong(frame.payload()));
        pings++;
        Frame other = pair.backend().read();
        assertThat(other.opcode()).isEqualTo(Frame.PING);
        pair.backend().send(Frame.pong(other.payload()));
      }
      assertThat(pings).isBetween(3, 20);
      pair.client().send(Frame.text("still here"));
      assertThat(pair.backend().readMessage()).isEqualTo(Frame.text("still here"));
    }
  }
}
