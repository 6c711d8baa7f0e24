package org.culvert.it.jar;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.app.WhatIsRegistered;
import org.culvert.it.container.Running;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** An application with the JAR and no configuration is as if it had no JAR. */
@ArquillianTest
class JarWithoutConfigurationIT {
  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return archive(Mount.ROOT);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return archive(Mount.APP);
  }

  private static WebArchive archive(Mount mount) {
    WebArchive archive = Archives.withJar(mount, "").addClass(WhatIsRegistered.class);
    archive.delete("WEB-INF/culvert.conf");
    return archive;
  }

  @EveryMount
  void nothingIsAdded(Mount mount) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      var answer = client.request("GET " + mount.path("/registered")).answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text())
          .contains(WhatIsRegistered.class.getName())
          .doesNotContain("org.culvert.servlet")
          .doesNotContain("thread ");
      assertThat(client.request("GET " + mount.path("/other")).answer().status()).isEqualTo(404);
    }
  }
}
