package org.culvert.it.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.culvert.it.Archives;
import org.culvert.it.EveryMount;
import org.culvert.it.Mount;
import org.culvert.it.container.Running;
import org.culvert.it.origin.Behaviour;
import org.culvert.it.origin.Origin;
import org.culvert.it.wire.RawClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** Another peer is tried where that is safe, and one that failed rests. */
@ArquillianTest
class NextUpstreamIT {
  private static final Origin GOOD = Origin.shared();
  private static final Origin BAD = second();

  private static final String CONFIGURATION =
      """
      upstream refused_first {
          server 127.0.0.1:%3$d max_fails=0;
          server 127.0.0.1:%2$d max_fails=0 backup;
      }
      upstream breaks_first {
          server 127.0.0.1:%1$d max_fails=0;
          server 127.0.0.1:%2$d max_fails=0 backup;
      }
      upstream rests {
          server 127.0.0.1:%1$d max_fails=1 fail_timeout=30s;
          server 127.0.0.1:%2$d backup;
      }
      upstream alone {
          server 127.0.0.1:%1$d max_fails=1 fail_timeout=30s;
      }
      upstream weighted {
          server 127.0.0.1:%1$d weight=3;
          server 127.0.0.1:%2$d;
      }
      location /refused-first/ { proxy_pass http://refused_first; }
      location /breaks-first/ { proxy_pass http://breaks_first; }
      location /rests/ { proxy_pass http://rests; }
      location /alone/ { proxy_pass http://alone; }
      location /weighted/ { proxy_pass http://weighted; }
      """
          .formatted(BAD.port(), GOOD.port(), Origin.refusedPort());

  private static Origin second() {
    try {
      return new Origin(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Deployment(name = "root", testable = false)
  static WebArchive root() {
    return Archives.war(Mount.ROOT, CONFIGURATION);
  }

  @Deployment(name = "app", testable = false)
  static WebArchive app() {
    return Archives.war(Mount.APP, CONFIGURATION);
  }

  private static int status(Mount mount, String method, String path) throws Exception {
    try (RawClient client = new RawClient(Running.port())) {
      return client.request(method + " " + mount.path(path), new byte[10]).answer().status();
    }
  }

  @EveryMount
  void aRefusedConnectionIsTriedElsewhereWhateverTheMethod(Mount mount) throws Exception {
    for (String method : new String[] {"GET", "POST"}) {
      String path = GOOD.on("/refused-first/x", Behaviour.answer(200, "ok"));
      assertThat(status(mount, method, path)).isEqualTo(200);
      assertThat(GOOD.awaitOnly(path).body()).hasSize(10);
    }
  }

  @EveryMount
  void aBrokenAnswerIsTriedElsewhereForIdempotentMethodsOnly(Mount mount) throws Exception {
    String path = GOOD.on("/breaks-first/x", Behaviour.answer(200, "ok"));
    BAD.at(path, Behaviour.reset());
    assertThat(status(mount, "GET", path)).isEqualTo(200);
    assertThat(status(mount, "PUT", path)).isEqualTo(200);
    assertThat(status(mount, "POST", path)).isEqualTo(502);
    assertThat(status(mount, "PATCH", path)).isEqualTo(502);
    assertThat(GOOD.seen(path)).hasSize(2);
    assertThat(BAD.seen(path)).hasSize(4);
  }

  @EveryMount
  void aPeerThatFailedRests(Mount mount) throws Exception {
    String path = GOOD.on("/rests/x", Behaviour.answer(200, "ok"));
    BAD.at(path, Behaviour.reset());
    for (int i = 0; i < 3; i++) {
      assertThat(status(mount, "GET", path)).isEqualTo(200);
    }
    assertThat(BAD.seen(path)).hasSizeLessThanOrEqualTo(1);
    assertThat(GOOD.seen(path)).hasSize(3);
  }

  @EveryMount
  void aPeerOnItsOwnNeverRests(Mount mount) throws Exception {
    String path = "/alone/x";
    BAD.at(path, Behaviour.inTurn(Behaviour.reset(), Behaviour.answer(200, "ok")));
    assertThat(status(mount, "POST", path)).isEqualTo(502);
    assertThat(status(mount, "POST", path)).isEqualTo(200);
  }

  @EveryMount
  void peersTakeTurnsByWeight(Mount mount) throws Exception {
    String path = GOOD.on("/weighted/x", Behaviour.answer(200, "ok"));
    BAD.at(path, Behaviour.answer(200, "ok"));
    for (int i = 0; i < 8; i++) {
      assertThat(status(mount, "GET", path)).isEqualTo(200);
    }
    assertThat(BAD.seen(path)).hasSize(6);
    assertThat(GOOD.seen(path)).hasSize(2);
  }
}
