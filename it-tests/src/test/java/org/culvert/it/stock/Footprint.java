package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.culvert.it.Await;

/**
 * What a container holds at rest.
 *
 * @param living bytes of its heap
 * @param descriptors its file descriptors
 * @param threads its threads
 */
record Footprint(long living, int descriptors, int threads) {
  /** Of ten thousand of anything that stays, each takes a kilobyte at least. */
  private static final long MEGABYTES = 4 << 20;

  /** Pools keep some threads and connections for the next request. */
  private static final int POOLED = 60;

  /** Jetty's threads remember what they did last. */
  private static final int REMEMBERED = 4;

  /**
   * More instances of any of these are handshakes or WebSockets that have not ended. Tomcat's
   * upgrade handler is not among them: a channel that Tomcat keeps for the next connection still
   * refers to its last one's, whose tunnel it has let go of.
   */
  private static final List<String> PER_WEBSOCKET =
      List.of(
          "org.culvert.upgrade.Relay",
          "org.culvert.upgrade.JettyHandshake",
          "org.culvert.tunnel.Tunnel",
          "org.culvert.servlet.TunnelHandover",
          "org.apache.tomcat.websocket.WsSession",
          "org.eclipse.jetty.ee10.websocket.jakarta.common.JakartaWebSocketSession");

  static Footprint of(StockContainer container) throws Exception {
    return of(container.jvm());
  }

  static Footprint of(Jvm jvm) throws Exception {
    return new Footprint(jvm.living(), jvm.descriptors().size(), jvm.threads().size());
  }

  /** Files of the proxy's that are left or still open; those unlinked at once among them. */
  static List<String> temporaryFiles(StockContainer container) throws Exception {
    List<String> files = new ArrayList<>();
    try (Stream<Path> left = Files.list(container.temporary())) {
      left.filter(file -> file.getFileName().toString().startsWith("culvert"))
          .forEach(file -> files.add(file.toString()));
    }
    container.jvm().descriptors().stream()
        .filter(target -> target.contains("culvert-body"))
        .forEach(files::add);
    return files;
  }

  /** Waits until a container is back where it was, but for what its pools keep. */
  static void assertNoMoreThan(Footprint before, StockContainer container) throws Exception {
    boolean back = Await.until(Duration.ofSeconds(40), () -> excess(before, container).isEmpty());
    assertThat(back)
        .as("%s%nbefore: %s%nmore: %s", container.log(), before, excess(before, container))
        .isTrue();
  }

  private static List<String> excess(Footprint before, StockContainer container) throws Exception {
    List<String> excess = new ArrayList<>();
    Footprint now = of(container);
    if (now.living > before.living + MEGABYTES) {
      excess.add(now.living + " bytes");
    }
    if (now.descriptors > before.descriptors + POOLED) {
      excess.add("descriptors: " + container.jvm().descriptors());
    }
    if (now.threads > before.threads + POOLED) {
      excess.add("threads: " + container.jvm().threads());
    }
    for (String type : PER_WEBSOCKET) {
      int instances = container.jvm().instances(type);
      if (instances > REMEMBERED) {
        excess.add(instances + " of " + type);
      }
    }
    excess.addAll(temporaryFiles(container));
    return excess;
  }
}
