package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Connections of Tomcat's that have become the client's side of a relay. */
class TomcatRelayTest extends TomcatUpgradeTests {
  TomcatRelayTest() {
    super("relay");
  }

  /** There is a Close 1014 first, and its answer is waited for. */
  @Override
  void brokenOff(Socket client) throws IOException {
    Wire wire = new Wire(client.getInputStream(), client.getOutputStream(), true);
    assertThat(wire.read().code()).isEqualTo(1014);
  }

  @Test
  void givesNoMessageToTomcatsThreads() throws Exception {
    try (Socket client = open()) {
      echoes(client);
      int before = tasks.get();
      for (int i = 0; i < 200; i++) {
        echoes(client);
      }
      // One may still be about to unlock when the next message comes.
      assertThat(tasks.get() - before).isLessThan(5);
    }
  }

  /**
   * A ping is Tomcat's to answer, which may wait for the client: on a thread of its pool, with the
   * frames that came before and behind it, in their order and wherever they are cut.
   */
  @Test
  void answersPingsAmongMessagesHoweverTheyAreCut() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(Wire.frame(Wire.TEXT, true, bytes("a"), true));
    all.write(Wire.frame(Wire.PING, true, bytes("1"), true));
    all.write(Wire.frame(Wire.TEXT, false, bytes("b"), true));
    all.write(Wire.frame(Wire.PING, true, bytes("22"), true));
    all.write(Wire.frame(0, true, bytes("c"), true));
    all.write(Wire.frame(Wire.PONG, true, new byte[0], true));
    all.write(Wire.frame(Wire.TEXT, true, bytes("d".repeat(20_000)), true));
    try (Socket client = open()) {
      client.setTcpNoDelay(true);
      Wire wire = new Wire(client.getInputStream(), client.getOutputStream(), true);
      for (int size = 1; size < 40; size++) {
        byte[] stream = all.toByteArray();
        for (int at = 0; at < stream.length; at += at < 60 ? size : 10_000) {
          int end = Math.min(stream.length, at + (at < 60 ? size : 10_000));
          client.getOutputStream().write(stream, at, end - at);
        }
        StringBuilder messages = new StringBuilder();
        StringBuilder pongs = new StringBuilder();
        while (messages.length() < 20_003 || pongs.length() < 3) {
          Wire.Frame frame = wire.read();
          (frame.opcode() == Wire.PONG ? pongs : messages).append(frame.text());
        }
        assertThat(messages.toString()).isEqualTo("abc" + "d".repeat(20_000));
        assertThat(pongs.toString()).isEqualTo("122");
      }
      int before = tasks.get();
      echoes(client);
      echoes(client);
      assertThat(tasks.get() - before).as("tasks behind the last ping").isLessThanOrEqualTo(1);
    }
  }

  /** The two directions are each other's business no more than in nginx. */
  @Test
  void readsAClientOnThatDoesNotRead() throws Exception {
    byte[] message = new byte[1 << 20];
    BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
    try (TestOrigin flood = new TestOrigin(talk -> flood(talk, received))) {
      redeploy(flood);
      try (Socket client = open()) {
        for (int i = 0; i < 20; i++) {
          client.getOutputStream().write(Wire.frame(Wire.TEXT, true, message, true));
          assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo(message.length);
        }
      }
    }
  }

  /** Sends without end, and notes the length of each message that comes. */
  private static void flood(TestOrigin.Talk talk, BlockingQueue<Integer> received)
      throws IOException {
    talk.send(Wire.switching(talk.head()));
    Wire wire = new Wire(talk.in, talk.out, false);
    Thread writer =
        new Thread(
            () -> {
              try {
                while (true) {
                  wire.send(Wire.TEXT, true, new byte[60_000]);
                }
              } catch (IOException e) {
                // The test is over.
              }
            });
    writer.start();
    while (true) {
      int count = 0;
      Wire.Frame frame;
      do {
        frame = wire.read();
        count += frame.payload().length;
      } while (!frame.fin());
      received.add(count);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void servesOthersWhileAClientPingsAndDoesNotRead() throws Exception {
    try (Socket pinging = open();
        Socket other = open()) {
      AtomicLong pings = new AtomicLong();
      byte[] ping = Wire.frame(Wire.PING, true, new byte[125], true);
      Thread flood =
          new Thread(
              () -> {
                try {
                  while (true) {
                    pinging.getOutputStream().write(ping);
                    pings.incrementAndGet();
                  }
                } catch (IOException e) {
                  // The test is over.
                }
              });
      flood.start();
      long before = -1;
      while (pings.get() != before) { // Until it is held back.
        before = pings.get();
        for (int i = 0; i < 200; i++) {
          echoes(other);
        }
      }
      assertThat(before).isPositive();
      echoes(other);
      pinging.close();
      flood.join();
    }
  }

  @Test
  void keepsTheOrderOfFramesRightBehindTheHandshake() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(RelaySetup.handshake().getBytes(StandardCharsets.ISO_8859_1));
    for (int i = 0; i < 100; i++) {
      all.write(Wire.frame(Wire.TEXT, true, ("m" + i).getBytes(StandardCharsets.UTF_8), true));
    }
    try (Socket client =
        new Socket(InetAddress.getLoopbackAddress(), tomcat.getConnector().getLocalPort())) {
      client.setSoTimeout(10_000);
      client.getOutputStream().write(all.toByteArray());
      assertThat(head(client)).startsWith("HTTP/1.1 101");
      Wire wire = new Wire(client.getInputStream(), client.getOutputStream(), true);
      for (int i = 0; i < 100; i++) {
        assertThat(wire.read().text()).isEqualTo("m" + i);
      }
    }
  }
}
