package org.culvert.it.corpus;

import java.util.stream.Stream;
import org.culvert.it.Archives;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The WAR answers as nginx does, but for what its container says first, and where it has sockets.
 */
@ArquillianTest
@Tag("long")
@EnabledIfSystemProperty(named = "culvert.corpus", matches = "true")
class WarCorpusIT {
  private static CorpusTests tests;

  @Deployment(testable = false)
  static WebArchive war() {
    return Archives.war(Mount.ROOT, "location / { return 404; }");
  }

  @AfterAll
  static void stop() throws Exception {
    if (tests != null) {
      tests.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> answersAsNginxDoes() throws Exception {
    String kind = Running.isTomcat() ? "tomcat" : "jetty";
    tests = new CorpusTests(WarServer::new, "war", kind, Running.name());
    return tests.all();
  }
}
