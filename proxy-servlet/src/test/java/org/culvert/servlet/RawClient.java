package org.culvert.servlet;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client in bytes. */
public final class RawClient implements Closeable {
  public final Socket socket;
  private final InputStream in;

  public RawClient(int port) throws IOException {
    this(port, "127.0.0.1");
  }

  /** One with that address of its own, of 127.0.0.0/8. */
  public RawClient(int port, String from) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
    socket.setSoTimeout(15_000);
    in = socket.getInputStream();
  }

  public RawClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return this;
  }

  /** Sends a GET that asks to close. */
  public RawClient get(String target) throws IOException {
    return send("GET " + target + " HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
  }

  public String line() throws IOException {
    return until("\r\n");
  }

  public String until(String mark) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int b;
    while ((b = in.read()) >= 0) {
      bytes.write(b);
      if (bytes.toString(StandardCharsets.ISO_8859_1).endsWith(mark)) {
        break;
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** All that comes until the peer closes; a reset counts as the end. */
  public String rest() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[65536];
    try {
      int read;
      while ((read = in.read(buffer)) >= 0) {
        bytes.write(buffer, 0, read);
      }
    } catch (java.net.SocketException e) {
      // Reset: what came counts.
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** The head, then the body by its length or chunks, decoded. */
  public String answer() throws IOException {
    String head = until("\r\n\r\n");
    String lower = head.toLowerCase(Locale.ROOT);
    if (lower.contains("transfer-encoding: chunked")) {
      StringBuilder body = new StringBuilder();
      while (true) {
        int size = Integer.parseInt(line().strip(), 16);
        if (size == 0) {
          String trailer;
          while (!(trailer = line()).equals("\r\n")) {
            body.append("[").append(trailer.strip()).append("]");
          }
          return head + body;
        }
        body.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
        line();
      }
    }
    int at = lower.indexOf("\r\ncontent-length:");
    if (at < 0) {
      return head;
    }
    int length = Integer.parseInt(lower.substring(at + 17, lower.indexOf('\r', at + 2)).strip());
    return head + new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
