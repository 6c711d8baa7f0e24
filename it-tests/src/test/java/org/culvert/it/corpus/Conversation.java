package org.culvert.it.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a client sends on one connection.
 *
 * @param bytes what it sends, a character for a byte
 * @param options {@code from=ADDRESS}, {@code port=2}, {@code shut}
 */
record Conversation(String bytes, Map<String, String> options) {
  private static final Pattern REQUEST_LINE =
      Pattern.compile("(?m)^([A-Z]+) \\S+(?: HTTP/[0-9.]+)?\r?$");
  private static final int IDLE_MILLIS = 400;
  private static final long DEADLINE_NANOS = 8_000_000_000L;

  /** Which of the server's ports it goes to, from 1. */
  int port() {
    return Integer.parseInt(options.getOrDefault("port", "1"));
  }

  /** The methods of its requests, as far as a glance tells. */
  List<String> methods() {
    return REQUEST_LINE.matcher(bytes).results().map(found -> found.group(1)).toList();
  }

  /** Has it with a server, and tells what came back: see {@link Transcript}. */
  Transcript hold(Server server) throws IOException {
    String sent = server.fill(bytes);
    try (Socket socket = new Socket()) {
      String from = options.getOrDefault("from", "127.0.0.1");
      socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port(port())), 5_000);
      socket.setTcpNoDelay(true);
      ByteArrayOutputStream received = new ByteArrayOutputStream();
      String end;
      try {
        socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
        if (options.containsKey("shut")) {
          socket.shutdownOutput();
        }
        end = readToTheEnd(socket, received);
      } catch (SocketException reset) {
        end = "reset";
      }
      return new Transcript(received.toString(StandardCharsets.ISO_8859_1), end, methods());
    }
  }

  /** Until the server ends, or until all is answered and nothing more comes for a while. */
  private String readToTheEnd(Socket socket, ByteArrayOutputStream received) throws IOException {
    socket.setSoTimeout(IDLE_MILLIS);
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[65_536];
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    while (true) {
      try {
        int count = in.read(buffer);
        if (count < 0) {
          return "closed";
        }
        received.write(buffer, 0, count);
      } catch (SocketTimeoutException nothing) {
        String text = received.toString(StandardCharsets.ISO_8859_1);
        if (new Transcript(text, "", methods()).isComplete() || System.nanoTime() > deadline) {
          return "open";
        }
      }
    }
  }
}
