package org.culvert.it.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.culvert.it.Archives;
import org.culvert.it.Await;
import org.culvert.it.wire.RawClient;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every place where {@code culvert.war} looks for its configuration, in containers as they are
 * downloaded. Each place's configuration answers with its own name.
 */
@Tag("long")
class ConfigurationPlacesIT {
  private static final String CONTEXT_PARAMETER =
      """
      <context-param>
        <param-name>culvert.conf</param-name>
        <param-value>/WEB-INF/named.conf</param-value>
      </context-param>
      """;

  private static final String ENVIRONMENT_ENTRY =
      """
      <env-entry>
        <env-entry-name>culvert.conf</env-entry-name>
        <env-entry-type>java.lang.String</env-entry-type>
        <env-entry-value>/WEB-INF/named.conf</env-entry-value>
      </env-entry>
      """;

  private static String answering(String place) {
    return "location / { return 200 \"" + place + "\"; }";
  }

  @ParameterizedTest
  @EnumSource(StockContainer.Kind.class)
  @Timeout(180)
  void isFoundInTheApplicationAndInTheContainersFolder(StockContainer.Kind kind) throws Exception {
    try (StockContainer container = StockContainer.prepare(kind)) {
      deploy(container, "own", "", "WEB-INF/culvert.conf", "its own");
      container.start();
      assertAnswers(container, "/own/", "its own");
    }
    try (StockContainer container = StockContainer.prepare(kind)) {
      Files.writeString(container.configuration(), answering("folder"));
      deploy(container, "own", "", "WEB-INF/culvert.conf", "its own");
      container.start();
      assertAnswers(container, "/own/", "folder");
    }
  }

  @ParameterizedTest
  @EnumSource(StockContainer.Kind.class)
  @Timeout(180)
  void whatIsNamedGoesBeforeWhatIsThere(StockContainer.Kind kind) throws Exception {
    try (StockContainer container = StockContainer.prepare(kind)) {
      Files.writeString(container.configuration(), answering("folder"));
      Path variable = container.base().resolve("variable.conf");
      Files.writeString(variable, answering("variable"));
      container.withEnvironment("CULVERT_CONF", variable.toString());
      deploy(container, "bare", "", "WEB-INF/culvert.conf", "its own");
      deploy(container, "entry", ENVIRONMENT_ENTRY, "WEB-INF/named.conf", "entry");
      deploy(container, "parameter", CONTEXT_PARAMETER, "WEB-INF/named.conf", "parameter");
      container.start();
      assertAnswers(container, "/bare/", "variable");
      assertAnswers(container, "/entry/", "entry");
      assertAnswers(container, "/parameter/", "parameter");
    }
  }

  @ParameterizedTest
  @EnumSource(StockContainer.Kind.class)
  @Timeout(180)
  void aSystemPropertyGoesBeforeTheEnvironment(StockContainer.Kind kind) throws Exception {
    try (StockContainer container = StockContainer.prepare(kind)) {
      Path property = container.base().resolve("property.conf");
      Files.writeString(property, answering("property"));
      container
          .withOption("-Dculvert.conf=" + property)
          .withEnvironment("CULVERT_CONF", "/nowhere.conf");
      deploy(container, "bare", "", "WEB-INF/culvert.conf", "its own");
      deploy(container, "entry", ENVIRONMENT_ENTRY, "WEB-INF/named.conf", "entry");
      container.start();
      assertAnswers(container, "/bare/", "property");
      assertAnswers(container, "/entry/", "entry");
    }
  }

  /** Tomcat starts the servlet again by itself; Jetty has the application started again. */
  @ParameterizedTest
  @EnumSource(StockContainer.Kind.class)
  @Timeout(180)
  void aBrokenOneIsNamedInTheLogAndIsAnsweredFor(StockContainer.Kind kind) throws Exception {
    try (StockContainer container = StockContainer.prepare(kind)) {
      Path configuration = container.configuration();
      Files.writeString(configuration, "location / {\n    retrn 200 broken;\n}\n");
      container.deploy(Archives.culvertWar(), "culvert.war");
      container.start();
      String message = "[emerg] unknown directive \"retrn\" in " + configuration + ":2";
      assertThat(Await.until(Duration.ofSeconds(60), () -> container.log().contains(message)))
          .as(container.log())
          .isTrue();
      assertThat(Await.until(Duration.ofSeconds(30), () -> container.status("/culvert/") == 503))
          .as("%d%n%s", container.status("/culvert/"), container.log())
          .isTrue();
      assertThat(answer(container, "/culvert/"))
          .doesNotContain("Exception")
          .doesNotContain("org.culvert")
          .doesNotContain("retrn");
      if (kind.isTomcat()) {
        Files.writeString(configuration, answering("mended"));
        assertAnswers(container, "/culvert/", "mended");
      }
    }
  }

  /** Deploys {@code culvert.war} with an element more in its web.xml, and a configuration in it. */
  private static void deploy(
      StockContainer container, String name, String element, String file, String place)
      throws Exception {
    WebArchive archive =
        ShrinkWrap.create(ZipImporter.class, name + ".war")
            .importFrom(Archives.culvertWar().toFile())
            .as(WebArchive.class)
            .addAsWebResource(new StringAsset(answering(place)), file);
    String webXml =
        new String(archive.get("WEB-INF/web.xml").getAsset().openStream().readAllBytes());
    archive.setWebXML(new StringAsset(webXml.replace("</web-app>", element + "</web-app>")));
    Path war = container.base().resolve(name + ".built");
    archive.as(ZipExporter.class).exportTo(war.toFile());
    container.deploy(war, name + ".war");
  }

  private static void assertAnswers(StockContainer container, String path, String place)
      throws Exception {
    String[] last = {"nothing"};
    assertThat(
            Await.until(
                Duration.ofSeconds(30),
                () -> {
                  last[0] = answer(container, path);
                  return last[0].equals(place);
                }))
        .as("%s answered %s, not %s%n%s", path, last[0], place, container.log())
        .isTrue();
  }

  private static String answer(StockContainer container, String path) {
    try (RawClient client = new RawClient(container.port())) {
      return client.request("GET " + path, "Connection: close").answer().text();
    } catch (IOException notYet) {
      return notYet.toString();
    }
  }
}
