package org.culvert.it.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Handed;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The WAR at the root reloads by JMX; the JAR in an application looks at its files each second. */
@ArquillianTest
@Timeout(120)
class ReloadIT {
  private static final Origin ORIGIN = Origin.shared();
  private static final String WATCHING =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <context-param>
          <param-name>culvert.reload</param-name>
          <param-value>1</param-value>
        </context-param>
      </web-app>
      """;

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, answering("first"));
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.withJar(Mount.APP, "include parts/*.conf;")
        .addAsWebInfResource(new StringAsset(answering("first")), "parts/one.conf")
        .setWebXML(new StringAsset(WATCHING));
  }

  private static String answering(String text) {
    return "location /said { return 200 \""
        + text
        + "\"; }\nlocation / { proxy_pass "
        + ORIGIN.url()
        + "; }\n";
  }

  private static String said(Mount mount) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      return client.request("GET " + mount.path("/said"), "Connection: close").answer().text();
    }
  }

  @Test
  void jmxHasTheFileReadAgain() throws Exception {
    ManagedProxy proxy = ManagedProxy.at(Mount.ROOT);
    proxy.write(answering("by JMX"));

    proxy.reload();

    assertThat(said(Mount.ROOT)).isEqualTo("by JMX");
    assertThat(proxy.lastError()).isNull();
  }

  @Test
  void aBrokenFileIsNamedAndChangesNothing() throws Exception {
    ManagedProxy proxy = ManagedProxy.at(Mount.ROOT);
    proxy.write(answering("whole"));
    proxy.reload();
    proxy.write("location / {\n    retrn 200 broken;\n}\n");
    String message = "[emerg] unknown directive \"retrn\" in " + proxy.file() + ":2";

    assertThatThrownBy(proxy::reload).hasMessage(message);

    assertThat(proxy.lastError()).isEqualTo(message);
    assertThat(said(Mount.ROOT)).isEqualTo("whole");
    proxy.write(answering("mended"));
    proxy.reload();
    assertThat(proxy.lastError()).isNull();
    assertThat(said(Mount.ROOT)).isEqualTo("mended");
  }

  @Test
  void whatIsUnderWayEndsByTheOldConfiguration() throws Exception {
    ManagedProxy proxy = ManagedProxy.at(Mount.ROOT);
    proxy.write(answering("before"));
    proxy.reload();
    String path = ORIGIN.on("/slow", new Behaviour.HandOver());
    try (RawClient client = new RawClient(Running.port())) {
      client.request("GET " + path, "Connection: close");
      try (Handed backend = ORIGIN.take(path)) {
        proxy.write("location / { return 404; }");
        proxy.reload();
        backend.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");

        assertThat(client.answer().text()).isEqualTo("slow");
      }
    }
  }

  /** Clients to backends among them: each configuration has a group of its own. */
  @Test
  void fiftyReloadsLeaveAsMuchAsOne() throws Exception {
    ManagedProxy proxy = ManagedProxy.at(Mount.ROOT);
    reloadAndAsk(proxy, 0);
    reloadAndAsk(proxy, 1);
    // A pool may have had one more at work.
    long threads = threads() + 1;
    long descriptors = descriptors();

    for (int i = 2; i < 52; i++) {
      reloadAndAsk(proxy, i);
    }

    Await.until(
        Duration.ofSeconds(20), () -> threads() <= threads && descriptors() <= descriptors + 2);
    assertThat(threads()).isLessThanOrEqualTo(threads);
    assertThat(descriptors()).isLessThanOrEqualTo(descriptors + 2);
  }

  private static void reloadAndAsk(ManagedProxy proxy, int number) throws Exception {
    String path = ORIGIN.on("/asked" + number, Behaviour.answer(200, "answer " + number));
    proxy.write(
        "upstream u%d { server %s; keepalive 4; }\nlocation / { proxy_pass http://u%1$d; }"
            .formatted(number, ORIGIN.url().replace("http://", "")));
    proxy.reload();
    try (RawClient client = new RawClient(Running.port())) {
      assertThat(client.request("GET " + path, "Connection: close").answer().text())
          .isEqualTo("answer " + number);
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("culvert"))
        .count();
  }

  private static long descriptors() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  @Test
  void aChangedFileIsSeen() throws Exception {
    Path parts = ManagedProxy.at(Mount.APP).file().resolveSibling("parts");

    Files.writeString(parts.resolve("one.conf"), answering("changed"));
    awaitSaid("changed");

    Files.delete(parts.resolve("one.conf"));
    Files.writeString(parts.resolve("two.conf"), answering("another"));
    awaitSaid("another");

    Files.writeString(parts.resolve("two.conf"), "retrn;");
    assertThat(
            Await.until(
                Duration.ofSeconds(20), () -> ManagedProxy.at(Mount.APP).lastError() != null))
        .isTrue();
    assertThat(said(Mount.APP)).isEqualTo("another");
    Files.writeString(parts.resolve("two.conf"), answering("mended"));
    awaitSaid("mended");
  }

  private static void awaitSaid(String text) throws Exception {
    assertThat(Await.until(Duration.ofSeconds(20), () -> said(Mount.APP).equals(text)))
        .as(text)
        .isTrue();
  }
}
