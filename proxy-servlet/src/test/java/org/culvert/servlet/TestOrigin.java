package org.culvert.servlet;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A backend in bytes: a script per connection, on a thread per connection. */
public final class TestOrigin implements Closeable {
  /** What is done with one connection; it is closed when this returns or throws. */
  public interface Script {
    void run(Talk talk) throws Exception;
  }

  /** One connection. */
  public static final class Talk {
    public final Socket socket;
    public final InputStream in;
    public final OutputStream out;
    private final BlockingQueue<String> heads;

    Talk(Socket socket, BlockingQueue<String> heads) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      this.in = new BufferedInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
      this.heads = heads;
    }

    /** Reads a request's head, up to and with the empty line; "" at the end of the stream. */
    public String head() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      int b;
      while ((b = in.read()) >= 0) {
        bytes.write(b);
        if (b == '\n' && bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
          break;
        }
      }
      String head = bytes.toString(StandardCharsets.ISO_8859_1);
      if (!head.isEmpty()) {
        heads.add(head);
      }
      return head;
    }

    /** Reads a whole request; answers its body. */
    public byte[] request() throws IOException {
      return body(head());
    }

    /** Reads the body that a head announces. */
    public byte[] body(String head) throws IOException {
      String lower = head.toLowerCase(java.util.Locale.ROOT);
      if (lower.contains("\r\ntransfer-encoding: chunked")) {
        return chunked();
      }
      int at = lower.indexOf("\r\ncontent-length:");
      if (at < 0) {
        return new byte[0];
      }
      int length = Integer.parseInt(lower.substring(at + 17, lower.indexOf('\r', at + 2)).strip());
      return in.readNBytes(length);
    }

    private byte[] chunked() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      while (true) {
        int size = Integer.parseInt(line().split(";")[0].strip(), 16);
        if (size == 0) {
          String trailer;
          while (!(trailer = line()).isEmpty()) {
            heads.add("trailer " + trailer);
          }
          return bytes.toByteArray();
        }
        bytes.write(in.readNBytes(size));
        line();
      }
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      int b;
      while ((b = in.read()) >= 0 && b != '\n') {
        if (b != '\r') {
          line.append((char) b);
        }
      }
      return line.toString();
    }

    public void send(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  private final ServerSocket server;
  private final Script script;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** The heads received, in order. */
  public final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

  /** Connections accepted. */
  public final AtomicInteger connections = new AtomicInteger();

  /** Scripts that have ended: the connection's. */
  public final BlockingQueue<String> ends = new LinkedBlockingQueue<>();

  public TestOrigin(Script script) throws IOException {
    this(new ServerSocket(0, 1024, InetAddress.getLoopbackAddress()), script);
  }

  /** A backend that accepts on a socket of the test's, with TLS perhaps; it is closed with this. */
  public TestOrigin(ServerSocket server, Script script) {
    this.script = script;
    this.server = server;
    thread(this::accept);
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "origin");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        sockets.add(socket);
        connections.incrementAndGet();
        thread(() -> talk(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void talk(Socket socket) {
    try (socket) {
      script.run(new Talk(socket, heads));
      ends.add("returned");
    } catch (Exception e) {
      ends.add(e.toString());
    }
  }

  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
  }

  /** A script that answers every request on a connection with the same bytes. */
  public static Script answering(String answer) {
    return talk -> {
      while (true) {
        String head = talk.head();
        if (head.isEmpty()) {
          return;
        }
        talk.body(head);
        talk.send(answer);
      }
    };
  }

  /** Closes what is open; it accepts on. */
  public void closeConnections() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    closeConnections();
  }
}
