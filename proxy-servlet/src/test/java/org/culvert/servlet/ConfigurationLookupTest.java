package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.GenericServlet;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.ContextEnvironment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the configuration is looked for, and what goes before what, in a real Tomcat. */
@Timeout(90)
class ConfigurationLookupTest {
  @TempDir Path folder;
  private Path webapp;

  @BeforeEach
  void application() throws Exception {
    webapp = Files.createDirectories(folder.resolve("webapp"));
    Files.createDirectories(webapp.resolve("WEB-INF"));
  }

  @AfterEach
  void forget() {
    System.clearProperty("culvert.conf");
  }

  /** What a servlet of a context set up so finds, while the context starts. */
  private ConfigurationLookup.@Nullable Found found(boolean standalone, Consumer<Context> setUp)
      throws Exception {
    Logger.getLogger("org.apache").setLevel(Level.OFF);
    AtomicReference<ConfigurationLookup.@Nullable Found> found = new AtomicReference<>();
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(folder.resolve("base").toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.enableNaming();
    Context context = tomcat.addContext("", webapp.toString());
    Tomcat.addServlet(
            context,
            "looks",
            new GenericServlet() {
              private static final long serialVersionUID = 1L;

              @Override
              public void init() {
                found.set(ConfigurationLookup.find(getServletContext(), standalone));
              }

              @Override
              public void service(ServletRequest request, ServletResponse response) {}
            })
        .setLoadOnStartup(1);
    setUp.accept(context);
    try {
      tomcat.start();
    } finally {
      tomcat.stop();
      tomcat.destroy();
    }
    return found.get();
  }

  private Path file(String name) throws Exception {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "# " + name);
  }

  private static String text(ConfigurationLookup.@Nullable Found found) throws Exception {
    assertThat(found).isNotNull();
    return found.source().text();
  }

  @Test
  void nothingIsFoundWhereNothingIs() throws Exception {
    assertThat(found(true, context -> {})).isNull();
  }

  @Test
  void theApplicationsOwnFileIsFound() throws Exception {
    file("webapp/WEB-INF/culvert.conf");
    var found = found(false, context -> {});
    assertThat(text(found)).isEqualTo("# webapp/WEB-INF/culvert.conf");
    assertThat(found.prefix()).isEqualTo(webapp.resolve("WEB-INF").toString());
  }

  @Test
  void theContainersFolderGoesBeforeItForTheStandaloneWar() throws Exception {
    file("webapp/WEB-INF/culvert.conf");
    file("base/conf/culvert.conf");
    assertThat(text(found(true, context -> {}))).isEqualTo("# base/conf/culvert.conf");
    assertThat(text(found(false, context -> {}))).isEqualTo("# webapp/WEB-INF/culvert.conf");
  }

  @Test
  void aSystemPropertyGoesBeforeTheFolders() throws Exception {
    file("webapp/WEB-INF/culvert.conf");
    file("base/conf/culvert.conf");
    System.setProperty("culvert.conf", file("property.conf").toString());
    assertThat(text(found(true, context -> {}))).isEqualTo("# property.conf");
  }

  @Test
  void theEnvironmentGoesBeforeTheFoldersAndAfterTheSystemProperty() throws Exception {
    file("webapp/WEB-INF/culvert.conf");
    file("base/conf/culvert.conf");
    String property = file("property.conf").toString();

    assertThat(foundWithEnvironment(file("environment.conf"))).isEqualTo("# environment.conf");
    assertThat(foundWithEnvironment(file("environment.conf"), "-Dculvert.conf=" + property))
        .isEqualTo("# property.conf");
  }

  /** What is found by a JVM of its own, since no JVM can set its own environment. */
  private String foundWithEnvironment(Path named, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(ConfigurationLookupTest.class.getName(), folder.toString()));
    Path out = folder.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("CULVERT_CONF", named.toString());
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(out);
  }

  /** Prints what a JVM finds. */
  public static void main(String[] arguments) throws Exception {
    ConfigurationLookupTest test = new ConfigurationLookupTest();
    test.folder = Path.of(arguments[0]);
    test.webapp = test.folder.resolve("webapp");
    System.out.print(text(test.found(true, context -> {})));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  @Test
  void anEnvironmentEntryGoesBeforeTheSystemProperty() throws Exception {
    System.setProperty("culvert.conf", file("property.conf").toString());
    ContextEnvironment entry = new ContextEnvironment();
    entry.setName("culvert.conf");
    entry.setType("java.lang.String");
    entry.setValue(file("entry.conf").toString());
    assertThat(text(found(false, context -> context.getNamingResources().addEnvironment(entry))))
        .isEqualTo("# entry.conf");
  }

  @Test
  void aContextParameterGoesBeforeAll() throws Exception {
    System.setProperty("culvert.conf", file("property.conf").toString());
    String parameter = file("parameter.conf").toString();
    assertThat(text(found(false, context -> context.addParameter("culvert.conf", parameter))))
        .isEqualTo("# parameter.conf");
  }

  @Test
  void aParameterMayNameAFileOfTheApplication() throws Exception {
    file("webapp/WEB-INF/other.conf");
    assertThat(
            text(
                found(
                    false, context -> context.addParameter("culvert.conf", "/WEB-INF/other.conf"))))
        .isEqualTo("# webapp/WEB-INF/other.conf");
  }
}
