package org.culvert.it.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client whose bytes the test writes itself; what it leaves unread fails the test. */
public final class RawClient extends Wire {
  private boolean checked = true;

  /** Connects to a loopback port. */
  public RawClient(int port) throws IOException {
    super(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Sends a request without a body: the lines, {@code Host} and the empty line. */
  public RawClient request(String line, String... fields) throws IOException {
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\nHost: client.test\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    send(head.append("\r\n").toString());
    return this;
  }

  /** Sends a request with a body of known length. */
  public RawClient request(String line, byte[] body, String... fields) throws IOException {
    String[] all = new String[fields.length + 1];
    System.arraycopy(fields, 0, all, 0, fields.length);
    all[fields.length] = "Content-Length: " + body.length;
    request(line, all);
    send(body);
    return this;
  }

  /** Reads an answer with its body. */
  public Answer answer() throws IOException {
    Head head = readHead();
    return new Answer(head, readBody(head));
  }

  /** Reads the answer to a HEAD request. */
  public Answer bodilessAnswer() throws IOException {
    return new Answer(readHead(), new byte[0]);
  }

  /** Gives up the connection: unread bytes do not fail the test. */
  public void abandon() {
    checked = false;
  }

  @Override
  public void close() throws IOException {
    try {
      if (checked && !socket().isClosed()) {
        byte[] left = leftover();
        if (left.length > 0) {
          throw new AssertionError("left unread: " + new String(left, StandardCharsets.ISO_8859_1));
        }
      }
    } finally {
      super.close();
    }
  }

  /** One answer, read whole. */
  public record Answer(Head head, byte[] body) {
    /** The status. */
    public int status() {
      return head.status();
    }

    /** The body as text. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return head + text();
    }
  }
}
