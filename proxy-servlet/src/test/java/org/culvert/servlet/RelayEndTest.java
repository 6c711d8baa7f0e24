package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How relays end: closes, breaks, silence; and what containers lose (docs/websocket.md). */
@Timeout(60)
class RelayEndTest {
  private static final int[] CODES = {
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999
  };

  /** An opcode that nobody knows, and more than a socket's buffers take. */
  private static final byte[] NO_FRAME = new byte[900_000];

  static {
    NO_FRAME[0] = (byte) 0x83;
  }

  /** A backend that says what it got last, "code reason" or "eof", and sends a Close if told. */
  private static TestOrigin.Script listener(BlockingQueue<String> got, byte[] close) {
    return Wire.backend(
        (wire, talk) -> {
          if (close != null) {
            wire.send(Wire.CLOSE, true, close);
          }
          try {
            Wire.Frame frame = wire.message();
            got.add(frame.code() + " " + frame.reason());
            if (close == null) {
              wire.send(Wire.CLOSE, true, frame.payload());
            }
          } catch (java.io.EOFException | java.net.SocketException e) {
            got.add("eof");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void passesTheClientsCloseOn(Way way) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    try (RelaySetup setup = new RelaySetup(way, listener(got, null))) {
      for (int code : CODES) {
        RelaySetup.Client client = setup.open();
        client.wire.close(code, "because é");
        String reached = got.poll(15, TimeUnit.SECONDS);
        int echoed = client.wire.message().code();
        if (way == Way.TOMCAT_RELAY && code >= 1012 && code <= 1014) {
          // Lost in Tomcat: reported and echoed as 1002.
          assertThat(reached).as("" + code).startsWith("1002 ");
          assertThat(echoed).isEqualTo(1002);
        } else {
          assertThat(reached).isEqualTo(code + " because é");
          assertThat(echoed).isEqualTo(code);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void passesTheClientsEmptyCloseOn(Way way) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    try (RelaySetup setup = new RelaySetup(way, listener(got, null))) {
      RelaySetup.Client client = setup.open();
      client.wire.send(Wire.CLOSE, true, new byte[0]);
      // Lost in Tomcat: reported as 1000.
      assertThat(got.poll(15, TimeUnit.SECONDS))
          .isEqualTo(way == Way.TOMCAT_RELAY ? "1000 " : "1005 ");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void passesTheBackendsCloseOn(Way way) throws Exception {
    for (int code : CODES) {
      BlockingQueue<String> got = new LinkedBlockingQueue<>();
      byte[] payload = {(byte) (code >> 8), (byte) code, 'b', 'y', 'e'};
      try (RelaySetup setup = new RelaySetup(way, listener(got, payload))) {
        RelaySetup.Client client = setup.open();
        Wire.Frame close = client.wire.message();
        assertThat(close.opcode()).isEqualTo(Wire.CLOSE);
        assertThat(close.code() + " " + close.reason()).isEqualTo(code + " bye");
        client.wire.send(Wire.CLOSE, true, close.payload());
        assertThat(client.wire.ended()).isTrue();
        assertThat(got.poll(15, TimeUnit.SECONDS)).isEqualTo(code + " bye");
        client.close();
        assertThat(setup.proxy.ends.poll(15, TimeUnit.SECONDS).cause())
            .contains("the upstream closed with " + code);
      }
    }
  }

  /** One code and none are passed on by the tunnels' own tests. */
  @Tag("long")
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void passesTheBackendsCloseOnThroughATunnel(Way way) throws Exception {
    passesTheBackendsCloseOn(way);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void passesTheBackendsEmptyCloseOn(Way way) throws Exception {
    try (RelaySetup setup =
        new RelaySetup(way, listener(new LinkedBlockingQueue<>(), new byte[0]))) {
      // Tomcat cannot send an empty one: 1000.
      assertThat(setup.open().wire.message().code())
          .isEqualTo(way == Way.TOMCAT_RELAY ? 1000 : 1005);
    }
  }

  /** A machine that is busy with something else may have a second try and a third. */
  private static void withinASecond(Callable<Long> attempt) throws Exception {
    long best = attempt.call();
    for (int again = 0; again < 2 && best >= TimeUnit.SECONDS.toNanos(1); again++) {
      best = Math.min(best, attempt.call());
    }
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void cutsTheBackendWhenTheClientBreaksOff(Way way) throws Exception {
    for (boolean reset : new boolean[] {true, false}) {
      BlockingQueue<String> got = new LinkedBlockingQueue<>();
      TestOrigin.Script backend =
          Wire.backend(
              (wire, talk) -> {
                wire.send(Wire.TEXT, false, new byte[] {'a'});
                try {
                  got.add("read " + wire.message().code());
                } catch (java.io.EOFException | java.net.SocketException e) {
                  got.add("eof");
                }
              });
      try (RelaySetup setup = new RelaySetup(way, backend)) {
        withinASecond(
            () -> {
              RelaySetup.Client client = setup.open();
              // Else the client may break off before its container has given the socket away.
              assertThat(client.wire.read().text()).isEqualTo("a");
              setup.relays(1);
              long start = System.nanoTime();
              if (reset) {
                client.reset();
              } else {
                client.socket.close();
              }
              assertThat(got.poll(15, TimeUnit.SECONDS)).isEqualTo("eof");
              setup.relays(0);
              return System.nanoTime() - start;
            });
        assertThat(setup.proxy.ends.poll(15, TimeUnit.SECONDS).cause())
            .contains(way.isTunnel() && !reset ? "the client closed" : "the client broke");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void cutsTheClientWhenTheBackendBreaksOff(Way way) throws Exception {
    for (boolean reset : new boolean[] {true, false}) {
      TestOrigin.Script backend =
          Wire.backend(
              (wire, talk) -> {
                wire.send(Wire.TEXT, false, new byte[] {'a'});
                wire.read();
                if (reset) {
                  talk.reset();
                }
              });
      try (RelaySetup setup = new RelaySetup(way, backend)) {
        withinASecond(
            () -> {
              RelaySetup.Client client = setup.open();
              assertThat(client.wire.read().text()).isEqualTo("a");
              client.wire.text("now");
              long start = System.nanoTime();
              if (!way.isTunnel()) {
                Wire.Frame close = client.wire.read();
                assertThat(close.opcode()).isEqualTo(Wire.CLOSE);
                assertThat(close.code()).isEqualTo(1014);
              }
              assertThat(client.wire.ended()).isTrue(); // Although the Close was not answered.
              long took = System.nanoTime() - start;
              client.close(); // A tunnel passes the end of the bytes on, and waits for ours.
              return took;
            });
        assertThat(setup.proxy.ends.poll(15, TimeUnit.SECONDS).cause())
            .containsAnyOf(
                "the upstream broke off",
                "cannot send to the upstream",
                way.isTunnel() ? "the upstream closed" : "the upstream broke off");
        setup.relays(0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void neverPassesForbiddenCodesOn(Way way) throws Exception {
    for (int code : new int[] {1004, 1005, 1006, 1015, 999, 2000, 5000}) {
      BlockingQueue<String> got = new LinkedBlockingQueue<>();
      byte[] payload = {(byte) (code >> 8), (byte) code};
      try (RelaySetup setup = new RelaySetup(way, listener(got, payload))) {
        Wire.Frame close = setup.open().wire.message();
        assertThat(close.code()).as("" + code).isIn(1002, 1014);
        assertThat(got.poll(15, TimeUnit.SECONDS)).matches("1002 .*|eof");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void livesAsLongAsPeersAnswerPings(Way way) throws Exception {
    TestOrigin.Script backend = Wire.backend(Wire.echo());
    try (RelaySetup setup =
        new RelaySetup(way, backend, Duration.ofSeconds(2), Duration.ofSeconds(5), 50)) {
      RelaySetup.Client client = setup.open();
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
      int pings = 0;
      while (System.nanoTime() < until) {
        Wire.Frame frame = client.wire.read();
        assertThat(frame.opcode()).isEqualTo(Wire.PING);
        client.wire.send(Wire.PONG, true, frame.payload());
        pings++;
      }
      assertThat(pings).isGreaterThan(1);
      client.wire.text("still here");
      assertThat(client.wire.message().text()).isEqualTo("still here");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void endsWhenNobodySaysAnything(Way way) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    TestOrigin.Script silent =
        Wire.backend(
            (wire, talk) -> {
              Wire.Frame frame;
              do {
                frame = wire.read();
                got.add(frame.toString());
              } while (frame.opcode() != Wire.CLOSE);
              talk.in.read();
              got.add("eof");
            });
    try (RelaySetup setup =
        new RelaySetup(way, silent, Duration.ofMillis(600), Duration.ofSeconds(5), 50)) {
      long start = System.nanoTime();
      RelaySetup.Client client = setup.open();
      assertThat(client.wire.read().opcode()).isEqualTo(Wire.PING);
      Wire.Frame close = client.wire.read();
      assertThat(close.code()).isEqualTo(1001);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofMillis(600));
      assertThat(client.wire.ended()).isTrue();
      assertThat(got.poll(15, TimeUnit.SECONDS)).startsWith("9");
      assertThat(got.poll(15, TimeUnit.SECONDS)).contains("code 1001");
      assertThat(got.poll(15, TimeUnit.SECONDS)).isEqualTo("eof");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void answersPingsOfBothSidesItself(Way way) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              wire.send(Wire.PING, true, new byte[] {1, 2});
              got.add(wire.read().toString());
              wire.read();
            });
    try (RelaySetup setup = new RelaySetup(way, backend)) {
      RelaySetup.Client client = setup.open();
      client.wire.send(Wire.PING, true, new byte[] {1, 2, 3});
      assertThat(client.wire.read().toString()).isEqualTo("10!3");
      assertThat(got.poll(15, TimeUnit.SECONDS)).isEqualTo("10!2");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void closesWithGoingAwayWhenTheProxyStops(Way way) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    RelaySetup.Client client;
    RelaySetup setup = new RelaySetup(way, listener(got, null));
    try (setup) {
      client = setup.open();
      setup.relays(1);
      setup.proxy.jakarta.close();
      assertThat(client.wire.message().code()).isEqualTo(1001);
      assertThat(got.poll(15, TimeUnit.SECONDS)).startsWith("1001");
      assertThat(setup.proxy.count()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void endsAMessageThatIsNoUtf8(Way way) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    try (RelaySetup setup = new RelaySetup(way, listener(got, null))) {
      RelaySetup.Client client = setup.open();
      client.wire.send(Wire.TEXT, true, new byte[] {(byte) 0xC3, (byte) 0x28});
      assertThat(client.wire.message().code()).isEqualTo(1007);
      assertThat(got.poll(15, TimeUnit.SECONDS)).matches("1007 .*|eof");
    }
  }

  /** The rest of what it sent must not cost a peer the Close: RFC 6455, section 7.1.1. */
  @ParameterizedTest
  @EnumSource(
      names = {"JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"},
      mode = EnumSource.Mode.EXCLUDE)
  void tellsAClientThatSendsOnWhyItIsClosed(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()))) {
      for (int i = 0; i < 20; i++) {
        RelaySetup.Client client = setup.open();
        client.socket.getOutputStream().write(NO_FRAME);
        assertThat(client.wire.message().code()).isEqualTo(1002);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void tellsABackendThatSendsOnWhyItIsClosed(Way way) throws Exception {
    BlockingQueue<Integer> got = new LinkedBlockingQueue<>();
    TestOrigin.Script backend =
        Wire.backend(
            (wire, talk) -> {
              talk.out.write(NO_FRAME);
              got.add(wire.read().code());
            });
    try (RelaySetup setup = new RelaySetup(way, backend)) {
      for (int i = 0; i < 20; i++) {
        RelaySetup.Client client = setup.open();
        assertThat(client.wire.message().code()).isEqualTo(1014);
        assertThat(got.poll(15, TimeUnit.SECONDS)).isEqualTo(1002);
      }
    }
  }
}
