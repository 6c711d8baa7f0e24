package org.culvert.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.culvert.servlet.RelaySetup.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages through the relay, raw sockets on both sides. */
@Timeout(60)
class RelayTest {
  @ParameterizedTest
  @EnumSource(names = {"JETTY_RELAY", "JETTY_JAKARTA_RELAY", "TOMCAT_RELAY"})
  void carriesMessagesOfAllSizes(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()));
        RelaySetup.Client client = setup.open()) {
      Random random = new Random(1);
      for (int size :
          new int[] {0, 1, 125, 126, 4096, 8192, 8193, 65535, 65536, 1 << 20, 16 << 20}) {
        byte[] binary = new byte[size];
        random.nextBytes(binary);
        exchange(client, Wire.BINARY, binary);
        exchange(client, Wire.TEXT, "aé€😀".repeat(size / 10 + (size > 0 ? 1 : 0)).getBytes(UTF_8));
      }
    }
  }

  private static void exchange(RelaySetup.Client client, int opcode, byte[] payload)
      throws Exception {
    Thread sender =
        new Thread(
            () -> {
              try {
                client.wire.send(opcode, true, payload);
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    sender.start();
    Wire.Frame echoed = client.wire.message();
    sender.join();
    assertThat(echoed.opcode()).isEqualTo(opcode);
    assertThat(echoed.payload()).isEqualTo(payload);
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource(names = ".*_TUNNEL.*", mode = EnumSource.Mode.MATCH_ALL)
  void carriesMessagesOfAllSizesInATunnel(Way way) throws Exception {
    carriesMessagesOfAllSizes(way);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void carriesFragmentsAndTextSplitAnywhere(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()));
        RelaySetup.Client client = setup.open()) {
      byte[] text = "a é € 😀 ü".getBytes(UTF_8);
      for (int cut = 0; cut <= text.length; cut++) {
        client.wire.send(Wire.TEXT, false, java.util.Arrays.copyOf(text, cut));
        client.wire.send(Wire.PING, true, new byte[] {7});
        client.wire.send(
            Wire.CONTINUATION, true, java.util.Arrays.copyOfRange(text, cut, text.length));
        assertThat(client.wire.message().text()).isEqualTo("a é € 😀 ü");
      }
      for (int i = 0; i < text.length; i++) {
        client.wire.send(
            i == 0 ? Wire.TEXT : Wire.CONTINUATION, i == text.length - 1, new byte[] {text[i]});
      }
      assertThat(client.wire.message().text()).isEqualTo("a é € 😀 ü");
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void passesOnWhatCameWithThe101AndManySmallFramesAtOnce(Way way) throws Exception {
    TestOrigin.Script backend =
        talk -> {
          String head = talk.head();
          java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
          all.write(Wire.switching(head).getBytes(UTF_8));
          for (int i = 0; i < 500; i++) {
            all.write(Wire.frame(Wire.TEXT, true, ("m" + i).getBytes(UTF_8), false));
          }
          talk.out.write(all.toByteArray());
          Wire.echo().run(new Wire(talk.in, talk.out, false), talk);
        };
    try (RelaySetup setup = new RelaySetup(way, backend);
        RelaySetup.Client client = setup.open()) {
      for (int i = 0; i < 500; i++) {
        assertThat(client.wire.message().text()).isEqualTo("m" + i);
      }
      java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
      for (int i = 0; i < 500; i++) {
        all.write(Wire.frame(Wire.TEXT, true, ("c" + i).getBytes(UTF_8), true));
      }
      client.socket.getOutputStream().write(all.toByteArray());
      for (int i = 0; i < 500; i++) {
        assertThat(client.wire.message().text()).isEqualTo("c" + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void passesClosesAndTellsHowItEnded(Way way) throws Exception {
    try (RelaySetup setup = new RelaySetup(way, Wire.backend(Wire.echo()))) {
      RelaySetup.Client client = setup.open();
      client.wire.text("hello");
      assertThat(client.wire.message().text()).isEqualTo("hello");
      client.wire.close(4321, "bye");
      Wire.Frame close = client.wire.message();
      assertThat(close.code()).isEqualTo(4321);
      client.close();
      var end = setup.proxy.ends.poll(5, TimeUnit.SECONDS);
      assertThat(end.toBackend()).isEqualTo(5);
      assertThat(end.toClient()).isEqualTo(5);
      assertThat(end.cause()).contains("the client closed with 4321");
      assertThat(end.messagesToBackend()).isEqualTo(1);
      assertThat(end.messagesToClient()).isEqualTo(1);
      assertThat(end.closeCode()).isEqualTo(4321);
      setup.relays(0);
    }
  }
}
