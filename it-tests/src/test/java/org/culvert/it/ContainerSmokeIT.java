package org.culvert.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.it.container.Running;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;

@ArquillianTest
class ContainerSmokeIT {
  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Mount.ROOT.archive().addAsWebResource(new StringAsset("root"), "a.txt");
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Mount.APP.archive().addAsWebResource(new StringAsset("app"), "a.txt");
  }

  @EveryMount
  void serves(Mount mount) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      var answer = client.request("GET " + mount.path("/a.txt")).answer();
      assertThat(answer.status()).isEqualTo(200);
    }
  }
}
