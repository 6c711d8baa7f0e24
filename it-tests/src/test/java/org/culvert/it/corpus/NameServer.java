package org.culvert.it.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Locale;

/**
 * A name server: {@code here.test} is 127.0.0.1, {@code dead.test} 127.0.0.9, {@code alias.test}
 * another name of {@code here.test}, {@code broken.test} a failure of its, and any other name none.
 */
final class NameServer implements AutoCloseable {
  private static final int A = 1;
  private static final int CNAME = 5;
  private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());

  NameServer() throws IOException {
    Thread thread = new Thread(this::serve, "corpus-names");
    thread.setDaemon(true);
    thread.start();
  }

  int port() {
    return socket.getLocalPort();
  }

  private void serve() {
    byte[] bytes = new byte[512];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
        socket.receive(packet);
        byte[] answer = answer(Arrays.copyOf(bytes, packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    } catch (IOException closed) {
      // As it should be.
    }
  }

  private static byte[] answer(byte[] question) throws IOException {
    StringBuilder name = new StringBuilder();
    int at = 12;
    while (question[at] != 0) {
      name.append(new String(question, at + 1, question[at], "ISO-8859-1")).append('.');
      at += question[at] + 1;
    }
    boolean ipv4 = question[at + 2] == A;
    int rcode = 0;
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    switch (name.toString().toLowerCase(Locale.ROOT)) {
      case "here.test." -> address(records, ipv4, 1);
      case "dead.test." -> address(records, ipv4, 9);
      case "alias.test." -> {
        record(records, CNAME, 11);
        records.write("\4here\4test\0".getBytes("ISO-8859-1"));
      }
      case "broken.test." -> rcode = 2;
      default -> rcode = 3;
    }
    byte[] answer = Arrays.copyOf(question, question.length + records.size());
    System.arraycopy(records.toByteArray(), 0, answer, question.length, records.size());
    answer[2] = (byte) 0x81;
    answer[3] = (byte) (0x80 | rcode);
    answer[7] = (byte) (records.size() == 0 ? 0 : 1);
    return answer;
  }

  private static void address(ByteArrayOutputStream records, boolean ipv4, int last) {
    if (ipv4) {
      record(records, A, 4);
      records.writeBytes(new byte[] {127, 0, 0, (byte) last});
    }
  }

  /** The name of the question, that type, one minute. */
  private static void record(ByteArrayOutputStream records, int type, int length) {
    records.writeBytes(
        new byte[] {(byte) 0xc0, 12, 0, (byte) type, 0, 1, 0, 0, 0, 60, 0, (byte) length});
  }

  @Override
  public void close() {
    socket.close();
  }
}
