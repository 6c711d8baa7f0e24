package org.culvert.resolver;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A name server on loopback, over UDP and TCP on one port. A zone's line is "ttl value …":
 * addresses of either family, "=name" for an alias, "!n" for that RCODE, "?" for silence, "tc" for
 * an answer that is truncated over UDP, "forged" for one that comes behind a wrong one.
 */
public final class TestNameServer implements Closeable {
  private final DatagramSocket datagrams;
  private final ServerSocket streams;
  private final Map<String, String> zone = new ConcurrentHashMap<>();

  /** What was asked, in order: "udp A name". */
  public final BlockingQueue<String> questions = new LinkedBlockingQueue<>();

  public TestNameServer() throws IOException {
    ServerSocket listening = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    streams = listening;
    datagrams = new DatagramSocket(listening.getLocalPort(), InetAddress.getLoopbackAddress());
    thread(this::udp);
    thread(this::tcp);
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "name-server");
    thread.setDaemon(true);
    thread.start();
  }

  /** Has it know a name. */
  public TestNameServer put(String name, String line) {
    zone.put(name, line);
    return this;
  }

  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), streams.getLocalPort());
  }

  private void udp() {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        datagrams.receive(packet);
        byte[] question = java.util.Arrays.copyOf(packet.getData(), packet.getLength());
        if (line(question).contains("forged")) {
          byte[] forged = answer(question.clone(), "udp");
          forged[0]++;
          datagrams.send(new DatagramPacket(forged, forged.length, packet.getSocketAddress()));
        }
        byte[] answer = answer(question, "udp");
        if (answer != null) {
          datagrams.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void tcp() {
    try {
      while (true) {
        try (Socket socket = streams.accept()) {
          DataInputStream in = new DataInputStream(socket.getInputStream());
          byte[] question = in.readNBytes(in.readUnsignedShort());
          byte[] answer = answer(question, "tcp");
          if (answer != null) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeShort(answer.length);
            out.flush();
            out.write(answer);
          }
        }
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private static String name(byte[] question) {
    StringBuilder name = new StringBuilder();
    for (int at = 12; question[at] != 0; at += question[at] + 1) {
      name.append(name.length() == 0 ? "" : ".")
          .append(new String(question, at + 1, question[at], StandardCharsets.ISO_8859_1));
    }
    return name.toString();
  }

  private String line(byte[] question) {
    return zone.getOrDefault(name(question).toLowerCase(Locale.ROOT), "0 !3");
  }

  private byte @Nullable [] answer(byte[] question, String transport) throws IOException {
    String name = name(question);
    int type = ByteBuffer.wrap(question).getShort(12 + name.length() + 2);
    questions.add(transport + (type == DnsMessage.A ? " A " : " AAAA ") + name);
    String[] words = line(question).split(" ");
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(records);
    int count = 0;
    int flags = 0x8180;
    for (int i = 1; i < words.length; i++) {
      String word = words[i];
      if (word.equals("?")) {
        return null;
      } else if (word.equals("tc")) {
        flags |= transport.equals("udp") ? 0x0200 : 0;
      } else if (word.startsWith("!")) {
        flags |= Integer.parseInt(word.substring(1));
      } else if (word.startsWith("=")) {
        String target = word.substring(1);
        record(out, DnsMessageTest.CNAME, words[0], target.length() + 2);
        for (String label : target.split("\\.")) {
          out.writeByte(label.length());
          out.writeBytes(label);
        }
        out.writeByte(0);
        count++;
      } else if (!word.equals("forged") && (word.indexOf(':') >= 0) == (type == DnsMessage.AAAA)) {
        byte[] address = InetAddress.getByName(word).getAddress();
        record(out, type, words[0], address.length);
        out.write(address);
        count++;
      }
    }
    ByteBuffer answer = ByteBuffer.allocate(question.length + records.size());
    answer.put(question).putShort(2, (short) flags).putShort(6, (short) count);
    answer.put(records.toByteArray());
    return answer.array();
  }

  private static void record(DataOutputStream out, int type, String ttl, int length)
      throws IOException {
    out.writeShort(0xc00c); // The name of the question.
    out.writeShort(type);
    out.writeShort(1);
    out.writeInt(Integer.parseInt(ttl));
    out.writeShort(length);
  }

  @Override
  public void close() throws IOException {
    datagrams.close();
    streams.close();
  }
}
