package org.culvert.it.origin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.CRC32;
import org.culvert.it.wire.Frame;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.RawWebSocket;
import org.culvert.it.wire.Wire;

/**
 * One connection to the origin: reads requests and acts out their behaviours, one after another.
 */
final class OriginConnection implements Runnable {
  private static final byte[] OK = "HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.ISO_8859_1);

  private final Origin origin;
  private final Socket socket;
  private final int number;
  private boolean handedOver;

  OriginConnection(Origin origin, Socket socket, int number) {
    this.origin = origin;
    this.socket = socket;
    this.number = number;
  }

  @Override
  public void run() {
    try {
      Wire wire = new Wire(socket);
      wire.patience(Duration.ofMinutes(30));
      for (Head head = wire.readHeadOrEnd(); head != null; head = wire.readHeadOrEnd()) {
        String path = head.target().split("\\?", 2)[0];
        if (!act(origin.next(path), head, path, wire)) {
          break;
        }
      }
    } catch (IOException | InterruptedException e) {
      // the other side went away, which tests do on purpose
    } finally {
      if (!handedOver) {
        try {
          socket.close();
        } catch (IOException e) {
          // nothing to be saved
        }
      }
    }
  }

  /** Whether the connection may serve another request. */
  private boolean act(Behaviour behaviour, Head head, String path, Wire wire)
      throws IOException, InterruptedException {
    if (behaviour instanceof Behaviour.Delayed delayed) {
      Thread.sleep(delayed.pause().toMillis());
      return act(delayed.then(), head, path, wire);
    }
    if (behaviour instanceof Behaviour.Continue interim) {
      wire.send("HTTP/1.1 100 Continue\r\n\r\n");
      return act(interim.then(), head, path, wire);
    }
    if (behaviour instanceof Behaviour.HandOver) {
      saw(head, path, new byte[0]);
      handedOver = true;
      wire.patience(Duration.ofSeconds(20));
      origin.handOver(path, new Handed(head, wire));
      return false;
    }
    if (behaviour instanceof Behaviour.Measure) {
      return measure(head, path, wire);
    }
    if (behaviour instanceof Behaviour.EchoBody) {
      return echo(head, path, wire);
    }
    if (behaviour instanceof Behaviour.BytesBeforeBody early) {
      saw(head, path, new byte[0]);
      wire.send(early.bytes());
      return after(early.after(), wire);
    }
    saw(head, path, wire.readBody(head));
    if (behaviour instanceof Behaviour.Bytes bytes) {
      wire.send(bytes.bytes());
      return after(bytes.after(), wire);
    }
    if (behaviour instanceof Behaviour.Drip drip) {
      wire.send(drip.head());
      for (byte[] piece : drip.pieces()) {
        Thread.sleep(drip.pause().toMillis());
        wire.send(piece);
      }
      return after(drip.after(), wire);
    }
    if (behaviour instanceof Behaviour.Flood flood) {
      return flood(flood, wire);
    }
    upgrade((Behaviour.Upgrade) behaviour, head, path, wire);
    return false;
  }

  private void saw(Head head, String path, byte[] body) {
    origin.saw(path, new Seen(head, body, number));
  }

  private boolean after(Behaviour.After after, Wire wire) throws IOException {
    switch (after) {
      case KEEP_ALIVE -> {
        return true;
      }
      case RESET -> wire.reset();
      case STALL -> wire.drain(new ByteArrayOutputStream());
      case CLOSE -> wire.finish();
    }
    return false;
  }

  private static boolean flood(Behaviour.Flood flood, Wire wire) throws IOException {
    wire.send(OK);
    wire.send(
        flood.chunked()
            ? "Transfer-Encoding: chunked\r\n\r\n"
            : "Content-Length: " + flood.length() + "\r\n\r\n");
    byte[] piece = Pattern.piece();
    for (long left = flood.length(); left > 0; left -= piece.length) {
      int length = (int) Math.min(left, piece.length);
      if (flood.chunked()) {
        wire.sendChunk(length == piece.length ? piece : java.util.Arrays.copyOf(piece, length));
      } else {
        wire.send(piece, 0, length);
      }
    }
    if (flood.chunked()) {
      wire.sendChunk(new byte[0]);
    }
    return true;
  }

  private boolean measure(Head head, String path, Wire wire) throws IOException {
    saw(head, path, new byte[0]);
    CRC32 crc = new CRC32();
    long length = 0;
    if (head.chunked()) {
      for (byte[] chunk = wire.readChunk(); chunk != null; chunk = wire.readChunk()) {
        crc.update(chunk);
        length += chunk.length;
      }
    } else {
      byte[] buffer = new byte[64 * 1024];
      while (length < head.length()) {
        byte[] into =
            head.length() - length < buffer.length
                ? new byte[(int) (head.length() - length)]
                : buffer;
        int n = wire.read(into);
        if (n < 0) {
          return false;
        }
        crc.update(into, 0, n);
        length += n;
      }
    }
    String text = length + " " + Long.toHexString(crc.getValue());
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
    return true;
  }

  private boolean echo(Head head, String path, Wire wire) throws IOException {
    if (!head.chunked()) {
      byte[] body = wire.readBody(head);
      saw(head, path, body);
      wire.send(OK);
      wire.send("Content-Length: " + body.length + "\r\n\r\n");
      wire.send(body);
      return true;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    wire.send(OK);
    wire.send("Transfer-Encoding: chunked\r\n\r\n");
    for (byte[] chunk = wire.readChunk(); chunk != null; chunk = wire.readChunk()) {
      wire.sendChunk(chunk);
      body.writeBytes(chunk);
    }
    saw(head, path, body.toByteArray());
    wire.sendChunk(new byte[0]);
    return true;
  }

  private void upgrade(Behaviour.Upgrade upgrade, Head head, String path, Wire wire)
      throws IOException {
    Behaviour.Fault fault = upgrade.fault();
    StringBuilder answer = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\n");
    if (fault != Behaviour.Fault.NO_UPGRADE_FIELD) {
      answer.append(
          fault == Behaviour.Fault.OTHER_UPGRADE_TOKEN
              ? "Upgrade: other\r\n"
              : "Upgrade: websocket\r\n");
    }
    if (fault != Behaviour.Fault.NO_CONNECTION_FIELD) {
      answer.append("Connection: Upgrade\r\n");
    }
    if (fault != Behaviour.Fault.NO_ACCEPT) {
      String key = String.valueOf(head.first("Sec-WebSocket-Key"));
      answer
          .append("Sec-WebSocket-Accept: ")
          .append(RawWebSocket.accept(fault == Behaviour.Fault.WRONG_ACCEPT ? key + "x" : key))
          .append("\r\n");
    }
    upgrade.fields().forEach(field -> answer.append(field).append("\r\n"));
    byte[] start = answer.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(start);
    bytes.writeBytes(upgrade.together());
    wire.send(bytes.toByteArray());

    RawWebSocket webSocket = new RawWebSocket(wire, false, head);
    switch (upgrade.talk()) {
      case ECHO -> echo(webSocket);
      case MUTE -> wire.drain(new ByteArrayOutputStream());
      case DEAF -> {
        handedOver = true; // nobody reads it; the test's other side, or the end of the JVM, ends it
        origin.handOver(path, webSocket);
      }
      case HAND_OVER -> {
        handedOver = true;
        wire.patience(Duration.ofSeconds(20));
        origin.handOver(path, webSocket);
      }
    }
  }

  private static void echo(RawWebSocket webSocket) throws IOException {
    for (Frame frame = webSocket.readOrEnd(); frame != null; frame = webSocket.readOrEnd()) {
      switch (frame.opcode()) {
        case Frame.PING -> webSocket.send(Frame.pong(frame.payload()));
        case Frame.PONG -> {}
        case Frame.CLOSE -> {
          webSocket.send(frame);
          return;
        }
        default -> webSocket.send(frame);
      }
    }
  }
}
