package org.culvert.it.wire;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One end of a TCP connection. Reads block, at most for {@link #patience}. */
public class Wire implements AutoCloseable {
  /** How the other side ended the connection. */
  public enum End {
    /** It said FIN. */
    CLOSED,
    /** It said RST. */
    RESET
  }

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private List<String> trailers = List.of();
  private boolean withinChunk;

  /** Takes over a connected socket. */
  public Wire(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
    out = socket.getOutputStream();
    patience(Duration.ofSeconds(20));
  }

  /** Sets how long a read may take. */
  public final void patience(Duration time) throws SocketException {
    socket.setSoTimeout((int) time.toMillis());
  }

  /** The socket below. */
  public Socket socket() {
    return socket;
  }

  /** Sends text, byte for character. */
  public void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends bytes. */
  public void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Sends a part of an array. */
  public void send(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    out.flush();
  }

  /** Sends one chunk of a chunked body; an empty one is the last, without trailers. */
  public void sendChunk(byte[] chunk) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(chunk.length + 16);
    bytes.writeBytes(
        (Integer.toHexString(chunk.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(chunk);
    bytes.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    send(bytes.toByteArray());
  }

  /** Reads one byte, -1 at the end. */
  public int read() throws IOException {
    return in.read();
  }

  /** Reads what there is, up to the array's length; -1 at the end. */
  public int read(byte[] buffer) throws IOException {
    return in.read(buffer);
  }

  /** Reads that many bytes. */
  public byte[] readBytes(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException(bytes.length + " of " + count + " bytes, then the end");
    }
    return bytes;
  }

  /** Reads up to CR LF, which is left out. */
  public String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b; (b = in.read()) != '\n'; ) {
      if (b < 0) {
        throw new EOFException("end within the line: " + line);
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /**
   * Reads the head of a message.
   *
   * @return the head, or null if the connection ended before its first byte
   */
  public Head readHeadOrEnd() throws IOException {
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    int newlines = 0;
    while (newlines < 2) {
      int b = in.read();
      if (b < 0) {
        if (raw.size() == 0) {
          return null;
        }
        throw new EOFException("end within the head: " + raw.toString(StandardCharsets.ISO_8859_1));
      }
      raw.write(b);
      newlines = b == '\n' ? newlines + 1 : b == '\r' ? newlines : 0;
    }
    return Head.parse(raw.toByteArray());
  }

  /** Reads the head of a message, which must come. */
  public Head readHead() throws IOException {
    Head head = readHeadOrEnd();
    if (head == null) {
      throw new EOFException("the connection ended where a head was expected");
    }
    return head;
  }

  /**
   * Reads one chunk; null for the last one, whose trailers {@link #trailers} then has. The CR LF
   * after a chunk is read with the next one: Jetty sends it no sooner.
   */
  public byte[] readChunk() throws IOException {
    if (withinChunk) {
      withinChunk = false;
      String end = readLine();
      if (!end.isEmpty()) {
        throw new IOException("no CR LF after a chunk but " + end);
      }
    }
    String size = readLine();
    int length = Integer.parseInt(size.split(";", 2)[0].strip(), 16);
    if (length == 0) {
      List<String> lines = new ArrayList<>();
      for (String line = readLine(); !line.isEmpty(); line = readLine()) {
        lines.add(line);
      }
      trailers = List.copyOf(lines);
      return null;
    }
    withinChunk = true;
    return readBytes(length);
  }

  /** The trailer field lines of the chunked body read last. */
  public List<String> trailers() {
    return trailers;
  }

  /** Reads the body that goes with a head: chunked, by length, or to the end for an answer. */
  public byte[] readBody(Head head) throws IOException {
    if (head.chunked()) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (byte[] chunk = readChunk(); chunk != null; chunk = readChunk()) {
        body.writeBytes(chunk);
      }
      return body.toByteArray();
    }
    if (head.length() >= 0) {
      return readBytes(Math.toIntExact(head.length()));
    }
    boolean answer = head.startLine().startsWith("HTTP/");
    return answer && head.status() != 204 && head.status() != 304 ? in.readAllBytes() : new byte[0];
  }

  /** Bytes that have come and were not read. */
  public byte[] leftover() throws IOException {
    return in.readNBytes(in.available());
  }

  /** Reads on to the end and tells how it came; bytes before it are an error. */
  public End awaitEnd() throws IOException {
    try {
      int b = in.read();
      if (b >= 0) {
        throw new IOException(
            "expected the end of the connection, got "
                + (char) b
                + new String(leftover(), StandardCharsets.ISO_8859_1));
      }
      return End.CLOSED;
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException e) {
      return End.RESET;
    }
  }

  /** Reads whatever still comes, to the end, and tells how that came. */
  public End drain(ByteArrayOutputStream into) throws IOException {
    byte[] buffer = new byte[8192];
    try {
      for (int n; (n = in.read(buffer)) >= 0; ) {
        into.write(buffer, 0, n);
      }
      return End.CLOSED;
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException e) {
      return End.RESET;
    }
  }

  /** Says FIN, and goes on reading. */
  public void finish() throws IOException {
    socket.shutdownOutput();
  }

  /** Says RST. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
