package org.culvert.it.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The two backends that one server has to itself, one of them behind a Unix domain socket too. */
final class Backends implements AutoCloseable {
  private final ScriptedBackend first = new ScriptedBackend();
  private final ScriptedBackend second = new ScriptedBackend();
  private final Path socket;
  private final UnixDoor door;

  Backends(Path socket) throws IOException {
    this.socket = socket;
    door = new UnixDoor(socket, first.port());
  }

  /** From now on they answer so, and have seen nothing. */
  void script(Map<String, String> answers) {
    first.script(answers);
    second.script(answers);
  }

  /** What they have seen since this was asked last. */
  String takeSeen() {
    StringBuilder text = new StringBuilder();
    first.takeSeen().forEach(seen -> text.append("== backend\n").append(seen));
    second.takeSeen().forEach(seen -> text.append("== backend 2\n").append(seen));
    return text.toString();
  }

  /** Puts addresses in the place of their names. */
  String fill(String text) {
    return text.replaceAll("\\bBACKEND2\\b", "127.0.0.1:" + second.port())
        .replaceAll("\\bBACKEND\\b", "127.0.0.1:" + first.port())
        .replaceAll("\\bSOCKET\\b", "unix:" + socket);
  }

  /** The names again. */
  String mask(String text) {
    return text.replace("127.0.0.1:" + second.port(), "BACKEND2")
        .replace("127.0.0.1:" + first.port(), "BACKEND")
        .replace("unix:" + socket, "SOCKET")
        .replace(":" + second.port(), ":BACKEND2")
        .replace(":" + first.port(), ":BACKEND");
  }

  @Override
  public void close() throws Exception {
    door.close();
    first.close();
    second.close();
  }
}
