package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code $connection} and {@code $connection_requests} where the servlet API does not tell. */
@Timeout(30)
class ConnectionRequestsTest {
  private static ProxyServlet proxy() {
    return new ProxyServlet(
        """
        location / { return 200 "$connection $connection_requests;"; }
        location /page { error_page 404 = /; return 404; }
        """);
  }

  /** The two numbers as the next request of this connection sees them. */
  private static List<String> ask(RawClient client, String path) throws Exception {
    String answer = client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").answer();
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    return List.of(body.replace(";", "").split(" "));
  }

  @ParameterizedTest
  @EnumSource(TestFront.Kind.class)
  void areThoseOfTheConnection(TestFront.Kind kind) throws Exception {
    try (TestFront front = TestFront.start(kind, proxy(), true)) {
      countEachConnection(front.port());
    }
  }

  /**
   * 100 is Tomcat's default, 1 closes after each, and what is not limited Tomcat does not count.
   */
  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void areThoseOfTheConnectionWhateverTomcatsLimit(int most) throws Exception {
    try (TestFront front = TestFront.tomcat(proxy(), true, most)) {
      countEachConnection(front.port());
    }
  }

  @Test
  void isTheFirstWhereTomcatClosesAfterEach() throws Exception {
    try (TestFront front = TestFront.tomcat(proxy(), true, 1);
        RawClient client = new RawClient(front.port())) {
      assertThat(ask(client, "/").get(1)).isEqualTo("1");
    }
  }

  private static void countEachConnection(int port) throws Exception {
    try (RawClient one = new RawClient(port);
        RawClient other = new RawClient(port)) {
      List<String> first = ask(one, "/");
      List<String> second = ask(one, "/page");
      List<String> others = ask(other, "/");
      List<String> third = ask(one, "/");

      assertThat(List.of(first.get(1), second.get(1), third.get(1))).containsExactly("1", "2", "3");
      assertThat(others.get(1)).isEqualTo("1");
      assertThat(List.of(second.get(0), third.get(0))).containsOnly(first.get(0));
      assertThat(others.get(0)).isNotEqualTo(first.get(0)).matches("[0-9]+");
    }
  }
}
