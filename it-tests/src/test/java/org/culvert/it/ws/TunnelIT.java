package org.culvert.it.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.RawWebSocket;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** WebSockets that are tunnelled: what client and backend say to each other passes as it is. */
@ArquillianTest
@Tag("tunnel")
@EnabledIfSystemProperty(named = "culvert.tunnel", matches = "true")
class TunnelIT extends MessageTests {
  private static final String MODE = "tunnel";

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
  void framesPassAsTheyWereCutPingsAndPongsAmongThem(Mount mount) throws Exception {
    Frame[] frames = {
      new Frame(false, 0, Frame.TEXT, "one ".getBytes(StandardCharsets.UTF_8)),
      Frame.ping("between"),
      new Frame(false, 0, Frame.CONTINUATION, new byte[0]),
      Frame.pong("unasked".getBytes(StandardCharsets.UTF_8)),
      new Frame(true, 0, Frame.CONTINUATION, "two".getBytes(StandardCharsets.UTF_8)),
      Frame.binary(new byte[200_000]),
    };
    try (Pair pair = Pair.open(mount, "/frames")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        pair.end(fromClient).send(frames);
        for (Frame frame : frames) {
          assertThat(pair.end(!fromClient).read()).isEqualTo(frame);
        }
      }
    }
  }

  @EveryMount
  void compressedMessagesPassWhereTheBackendAcceptedThat(Mount mount) throws Exception {
    Frame compressed = new Frame(true, 4, Frame.TEXT, new byte[] {(byte) 0xf2, 0x48, 5, 0});
    try (Pair pair =
        Pair.open(
            mount,
            "/compressed",
            List.of("Sec-WebSocket-Extensions: permessage-deflate"),
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
      assertThat(pair.client().head().all("Sec-WebSocket-Extensions"))
          .containsExactly("permessage-deflate");
      for (boolean fromClient : new boolean[] {true, false}) {
        pair.end(fromClient).send(compressed);
        assertThat(pair.end(!fromClient).read()).isEqualTo(compressed);
      }
    }
  }

  @EveryMount
  void theOtherCloseCodesPassAndNone(Mount mount) throws Exception {
    for (boolean fromClient : new boolean[] {true, false}) {
      for (int code : new int[] {1004, 1005, 1006, 1012, 1013, 1014, 1015}) {
        assertCloses(mount, fromClient, Frame.close(code, "reason " + code));
      }
      assertCloses(mount, fromClient, Frame.close());
    }
  }

  @EveryMount
  void textIsJudgedByTheOtherSide(Mount mount) throws Exception {
    Frame broken = new Frame(true, 0, Frame.TEXT, new byte[] {(byte) 0xC3, (byte) 0x28});
    try (Pair pair = Pair.open(mount, "/no-text")) {
      for (boolean fromClient : new boolean[] {true, false}) {
        pair.end(fromClient).send(broken);
        assertThat(pair.end(!fromClient).read()).isEqualTo(broken);
      }
    }
  }

  @EveryMount
  void oneDirectionGoesOnWhenTheOtherHasEnded(Mount mount) throws Exception {
    for (boolean clientEnds : new boolean[] {true, false}) {
      try (Pair pair = Pair.open(mount, "/half")) {
        pair.end(clientEnds).send(Frame.text("the last word")).wire().finish();
        assertThat(pair.end(!clientEnds).read()).isEqualTo(Frame.text("the last word"));
        assertThat(pair.end(!clientEnds).readOrEnd()).isNull();
        pair.end(!clientEnds).send(Frame.text("and another"));
        assertThat(pair.end(clientEnds).read()).isEqualTo(Frame.text("and another"));
      }
    }
  }

  @Test
  @Timeout(60)
  void anIdleSocketIsNotPingedAndLivesWhileOneSideSends() throws Exception {
    try (Pair pair = Pair.open(Mount.ROOT, "/idle/alive")) {
      long end = System.nanoTime() + Duration.ofMillis(1500).toNanos();
      while (System.nanoTime() < end) {
        pair.client().wire().patience(Duration.ofMillis(200));
        assertThat(catchThrowable(() -> pair.client().read()))
            .isInstanceOf(SocketTimeoutException.class);
        pair.client().send(Frame.text("still here"));
        assertThat(pair.backend().read()).isEqualTo(Frame.text("still here"));
      }
      // and not a word more
      for (boolean ofTheClient : new boolean[] {true, false}) {
        RawWebSocket socket = pair.end(ofTheClient);
        socket.wire().patience(Duration.ofSeconds(4));
        assertThat(socket.read().closeCode()).isEqualTo(1001);
        assertThat(socket.readOrEnd()).isNull();
      }
    }
  }
}
