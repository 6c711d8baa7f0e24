package org.culvert.it.corpus;

import java.io.IOException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.reload.ManagedProxy;

/** {@code culvert.war} at the root of this JVM's container, told of each configuration by JMX. */
final class WarServer extends Server {
  private static final String FRAME = "events {}\nhttp {\naccess_log off;\n%s\n}\n";

  /** Containers spell it their own way. */
  private static final Pattern TYPE = Pattern.compile("(?m)^Content-Type: .*$");

  private final ManagedProxy proxy;

  WarServer(Stage stage) throws Exception {
    super(stage, "war");
    proxy = ManagedProxy.at(Mount.ROOT);
  }

  /** It has the container's one. */
  @Override
  int[] choosePorts() {
    return new int[] {Running.port(), Running.port(), Running.port()};
  }

  @Override
  void configure(String http) throws Exception {
    if (http.contains("_zone")) {
      // A zone that lives on is counted on, and may have had another key.
      proxy.write("location / { return 404; }");
      proxy.reload();
    }
    proxy.write(FRAME.formatted(http));
    try {
      proxy.reload();
    } catch (IllegalStateException broken) {
      throw new IOException(
          "the WAR does not take the configuration: " + broken.getMessage(), broken);
    }
  }

  /**
   * The words of a status line and the field Server are the container's, and whether a body goes in
   * chunks.
   */
  @Override
  String comparable(String answer) {
    int seen = answer.indexOf("== backend");
    int end = seen < 0 ? answer.length() : seen;
    String kept =
        answer
            .substring(0, end)
            .replaceAll("(?m)^(HTTP/1.1 [0-9]{3})[^\n]*", "$1")
            .replaceAll("(?m)^(Content-Length: [0-9]+|Transfer-Encoding: chunked)\n", "")
            .replaceAll("(?m)^(Connection|Keep-Alive|Server): .*\n", "");
    return TYPE.matcher(kept)
            .replaceAll(type -> type.group().replace("; ", ";").toLowerCase(Locale.ROOT))
        + answer.substring(end);
  }

  @Override
  void stop() {
    // The container is the class's.
  }
}
