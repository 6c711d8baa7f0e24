package org.culvert.it.corpus;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.Wire;

/**
 * A backend that answers as a corpus file says, else with what it was asked: the request line, the
 * fields that begin with {@code X-}, and the body. It remembers all requests.
 */
final class ScriptedBackend implements AutoCloseable {
  private static final String CLOSE = "\\close\r\n";

  private final ServerSocket listening;
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private volatile Map<String, String> answers = Map.of();

  ScriptedBackend() throws IOException {
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon("corpus-backend", this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** From now on answers so, and has seen nothing. */
  void script(Map<String, String> next) {
    answers = next;
    seen.clear();
  }

  /** The requests since this was asked last: heads with their fields in order of names, bodies. */
  List<String> takeSeen() {
    List<String> taken = List.copyOf(seen);
    seen.clear();
    return taken;
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        daemon("corpus-backend-connection", () -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (Wire wire = new Wire(socket)) {
      for (Head head = wire.readHeadOrEnd(); head != null; head = wire.readHeadOrEnd()) {
        String body = new String(wire.readBody(head), StandardCharsets.ISO_8859_1);
        seen.add(written(head, body));
        if (!answer(wire, head, body)) {
          return;
        }
      }
    } catch (EOFException | java.net.SocketException gone) {
      // The proxy broke off; what it had sent so far is no request.
    } catch (IOException e) {
      seen.add("the backend failed: " + e);
    }
  }

  private static String written(Head head, String body) {
    List<String> lines = head.toString().lines().filter(line -> !line.isBlank()).toList();
    return lines.get(0)
        + "\n"
        + lines.stream()
            .skip(1)
            // nginx's default until 1.29.7.
            .filter(line -> !line.equals("Connection: close"))
            .sorted()
            .map(line -> line + "\n")
            .collect(Collectors.joining())
        + (body.isEmpty() ? "" : "\n" + body + "\n");
  }

  /** Answers, and tells whether the connection stays. */
  private boolean answer(Wire wire, Head head, String body) throws IOException {
    String path = head.startLine().split(" ")[1];
    String scripted =
        answers.entrySet().stream()
            .filter(entry -> path.startsWith(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(answers.get("*"));
    boolean stays = !head.toString().toLowerCase(Locale.ROOT).contains("connection: close");
    if (scripted != null) {
      boolean closes = scripted.endsWith(CLOSE);
      wire.send(closes ? scripted.substring(0, scripted.length() - CLOSE.length()) : scripted);
      return stays && !closes;
    }
    String said = said(head, body);
    String answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    answer += (stays ? "" : "Connection: close\r\n") + "Content-Length: " + said.length();
    wire.send(answer + "\r\n\r\n" + (head.startLine().startsWith("HEAD ") ? "" : said));
    return stays;
  }

  private static String said(Head head, String body) {
    List<String> lines = head.toString().lines().toList();
    return lines.get(0)
        + "\n"
        + lines.stream()
            .filter(line -> line.regionMatches(true, 0, "X-", 0, 2))
            .map(line -> line + "\n")
            .collect(Collectors.joining())
        + body;
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
