package org.culvert.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EndpointsTest {
  private static Deployed samples;

  @BeforeAll
  static void deploy() throws Exception {
    samples = new Deployed();
  }

  @AfterAll
  static void undeployLeavesNoThread() throws Exception {
    samples.close();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("samples-")) {
        thread.join(5_000);
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
  }

  @Test
  void twoChat() throws Exception {
    try (Client ann = new Client(samples.ws("/chat/tea?name=Ann"));
        Client bob = new Client(samples.ws("/chat/tea?name=B%C3%B6b"))) {
      assertThat(bob.next()).contains("\"type\":\"welcome\"", "\"you\":\"Böb\"");
      ann.next("joined");
      ann.say("  good morning ");
      assertThat(bob.next("said")).contains("\"from\":\"Ann\",\"text\":\"good morning\"");
      bob.close();
      assertThat(ann.next("left")).contains("\"name\":\"Böb\",\"here\":[\"Ann\"]");
    }
  }

  @Test
  void aRoomWithAStrangeNameIsRefused() throws Exception {
    try (Client client = new Client(samples.ws("/chat/%3Cb%3E?name=Ann"))) {
      assertThat(client.awaitClose()).startsWith("1008 A room's name");
    }
  }

  @Test
  void aChatterWhoDoesNotReadIsDroppedAndTheOthersGoOn() throws Exception {
    try (Client slow = new Client(samples.ws("/chat/flood?name=Slow"), false);
        Client fast = new Client(samples.ws("/chat/flood?name=Fast"))) {
      fast.next("welcome");
      String large = "x".repeat(8_000);
      boolean gone = false;
      for (int i = 0; i < 5_000 && !gone; i++) {
        fast.say(large);
        String heard = fast.next();
        gone = heard.contains("\"left\",\"name\":\"Slow\"");
      }
      if (!gone) {
        slow.socket.request(Long.MAX_VALUE); // so that it learns why
        fast.next("\"left\",\"name\":\"Slow\"");
        assertThat(slow.awaitClose()).startsWith("1013");
      }
      fast.say("still here");
      fast.next("still here");
    }
  }

  @Test
  void theDashboardShowsThePastAndThenEachLook() throws Exception {
    try (Client client = new Client(samples.ws("/dashboard"))) {
      assertThat(client.next()).startsWith("[").endsWith("]");
      assertThat(client.next())
          .startsWith("[{\"at\":")
          .contains("\"cpu\":", "\"heapUsed\":", "\"threads\":", "\"received\":", "\"sent\":");
    }
  }

  @Test
  void theStreamCountsPausesAndResumes() throws Exception {
    try (Client client = new Client(samples.ws("/stream?rate=200&from=5"))) {
      assertThat(client.next()).startsWith("{\"n\":5,");
      assertThat(client.next()).startsWith("{\"n\":6,");
      client.say("pause");
      String paused = client.next("\"paused\":true");
      String next = paused.replaceFirst(".*\"next\":([0-9]+).*", "$1");
      client.say("resume");
      client.next("\"paused\":false");
      assertThat(client.next()).startsWith("{\"n\":" + next + ",");
      client.say("faster!");
      assertThat(client.awaitClose()).startsWith("1008");
    }
  }

  @Test
  void theEchoAnswersTextAndBytes() throws Exception {
    try (Client client = new Client(samples.ws("/echo"), "echo.v0", "echo.v1")) {
      assertThat(client.socket.getSubprotocol()).isEqualTo("echo.v1");
      client.say("grüß dich");
      assertThat(client.next()).isEqualTo("grüß dich");
      client.say("/close 1005");
      assertThat(client.next()).isEqualTo("/close 1005"); // may not be sent
      ByteBuffer bytes = ByteBuffer.wrap(new byte[] {0, -1, 127});
      client.socket.sendBinary(bytes.duplicate(), true);
      assertThat(client.nextBinary()).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1000", "1001 going", "1011", "1013 later", "3000", "4999 see you"})
  void theEchoClosesAsItIsTold(String close) throws Exception {
    try (Client client = new Client(samples.ws("/echo"))) {
      client.say("/close " + close);
      assertThat(client.awaitClose()).isEqualTo(close);
    }
  }

  @Test
  void theBackendTellsWhatItSaw() throws Exception {
    try (Client client = new Client(samples.ws("/saw"), "saw.v1")) {
      assertThat(client.next())
          .containsIgnoringCase("\"Sec-WebSocket-Version\":[\"13\"]")
          .contains("\"X-Sample-Handshake\":[", "SameSite=Lax", "\"subprotocol\":\"saw.v1\"");
    }
  }

  @Test
  void theHeadersOfARequestAreShownAsJson() throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(samples.http("/headers?a=\"b").replace("\"", "%22")))
                    .header("X-Twice", "one")
                    .header("X-Twice", "t\"wo")
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
    assertThat(response.body())
        .containsIgnoringCase("\"x-twice\":[\"one\",\"t\\\"wo\"]")
        .contains("\"uri\":\"/app/headers?a=%22b\"", "\"X-Sample\":[\"headers\"]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"index", "chat", "dashboard", "stream", "echo", "saw"})
  void pagesNameNothingAbsolute(String page) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(samples.http("/" + page + ".html"))).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).doesNotContainPattern("(?:href|src)=\"(?:/|https?:)");
  }
}
