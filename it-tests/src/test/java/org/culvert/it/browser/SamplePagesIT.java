package org.culvert.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.culvert.it.launcher.Launcher;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The sample pages through the proxy: the samples are deployed at {@code /app}, and shown there by
 * the seed's configuration and at {@code /elsewhere} under another prefix.
 */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SamplePagesIT {
  private static final String OPEN = "document.getElementById('status').dataset.state === 'open'";
  private static final String GAPS = "document.getElementById('gaps').textContent";
  private static final String RECEIVED = "Number(document.getElementById('received').textContent)";

  /**
   * The seed's five lines, in which nginx tunnels, and the samples under another prefix; MODE is
   * how their WebSockets are carried.
   */
  private static final String LOCATIONS =
      """
      location / {
          proxy_pass http://backend:BACKEND;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
          proxy_set_header Host $host;
          proxy_http_version 1.1;
          proxy_websocket MODE;
      }
      location /elsewhere/ {
          proxy_pass http://backend:BACKEND/app/;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_cookie_path /app/ /elsewhere/;
          proxy_websocket MODE;
      }
      """;

  private Backend backend;
  private Launcher front;
  private Browser browser;

  /** What {@code proxy_websocket} says. */
  String mode() {
    return "relay";
  }

  @BeforeAll
  void start() throws Exception {
    backend = new Backend("/app");
    front =
        new Launcher(
            LOCATIONS.replace("BACKEND", String.valueOf(backend.port())).replace("MODE", mode()),
            "-Xmx128m");
    browser = new Browser();
  }

  @AfterAll
  void stop() throws Exception {
    try (Backend last = backend;
        Launcher middle = front;
        Browser first = browser) {
      // closed in the order in which a request goes, whatever was started
    }
  }

  @AfterEach
  void closePages() {
    browser.closePages();
  }

  @Test
  void twoBrowsersChat() throws Exception {
    try (Browser other = new Browser()) {
      Page ann = browser.open(front.url("/app/chat.html?room=tea&name=Ann"));
      ann.awaitText("#here", "Ann (you)");
      Page bob = other.open(front.url("/app/chat.html?room=tea&name=Bob"));
      bob.awaitText("#here", "Bob (you)");
      ann.awaitText("#log", "Bob came in.");

      ann.type("#composer input", "Hello <b>Bob</b> & grüße 😀");
      ann.enter();
      bob.awaitText(".said", "Hello <b>Bob</b> & grüße 😀");
      bob.type("#composer input", "Hello Ann");
      bob.click("#composer button");
      ann.await("document.querySelectorAll('.said')[1]?.textContent === 'Hello Ann'");

      Page late = browser.open(front.url("/app/chat.html?room=tea&name=Ann"));
      late.awaitText("#here", "Ann 2 (you)");
      late.await("document.querySelectorAll('.said').length === 2"); // the history
      late.close();
      bob.awaitText("#log", "Ann 2 left.");
      assertThat(ann.complaints()).isEmpty();
      assertThat(bob.complaints()).isEmpty();
    }
  }

  @Test
  void theDashboardDrawsAsLooksCome() {
    Page page = browser.open(front.url("/app/dashboard.html"));
    page.await(
        "[...document.querySelectorAll('.gauge .line')].every(line => line.getAttribute('d'))");
    String drawn = page.evaluate("document.querySelector('#heap .line').getAttribute('d')");
    page.await("document.querySelector('#heap .line').getAttribute('d') !== '" + drawn + "'");
    assertThat(page.text("#threads .value")).matches("[0-9]+");
    assertThat(page.text("#heap .value")).matches("[0-9,]+ of [0-9,]+ MB");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void theStreamPausesAndResumesWithoutAGap() {
    Page page = browser.open(front.url("/app/stream.html"));
    page.evaluate(
        "(rate => { rate.value = 25; rate.dispatchEvent(new Event('input')); })"
            + "(document.getElementById('rate'))");
    page.await(RECEIVED + " > 100");
    page.click("#pause");
    page.awaitText("#pause", "Resume");
    // What the server had sent before it heard of it still arrives.
    page.evaluate("new Promise(later => setTimeout(later, 500))");
    String paused = page.text("#received");
    page.evaluate("new Promise(later => setTimeout(later, 1000))");
    assertThat(page.text("#received")).isEqualTo(paused);
    page.click("#pause");
    page.await(RECEIVED + " > 100 + " + paused);
    assertThat(page.text("#gaps")).isEqualTo("none");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void theEchoAnswersInTheChosenSubprotocolAndClosesWithTheChosenCode() {
    Page page = browser.open(front.url("/app/echo.html"));
    page.await(OPEN);
    page.click("[value='echo.v1']");
    page.click("#protocols button");
    page.awaitText("#status", "Connected, speaking echo.v1");
    page.type("#text input", "there and back");
    page.enter();
    page.awaitText("#times", "textthere and backunchanged");
    page.evaluate("document.querySelector('[name=size]').value = '1048576'");
    page.click("#binary button");
    page.awaitText("#times", "binary1048576 bytesunchanged");
    page.click("[value=server]");
    page.evaluate("document.querySelector('[name=code]').value = '4000'");
    page.type("[name=reason]", "that will do");
    page.click("#close button");
    page.awaitText("#status", "Closed (4000: that will do)");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void thePageShowsBothSidesOfTheProxy() {
    Page page = browser.open(front.url("/elsewhere/saw.html"));
    page.awaitText("#fetch-response", "X-Sample");
    assertThat(row(page, "handshake-request", "Host")).startsWith("differs").contains("backend:");
    assertThat(row(page, "handshake-request", "X-Forwarded-For"))
        .isEqualTo("differs|X-Forwarded-For|none|127.0.0.1");
    assertThat(row(page, "handshake-request", "Sec-WebSocket-Protocol"))
        .isEqualTo("|Sec-WebSocket-Protocol|saw.v1|saw.v1");
    assertThat(row(page, "handshake-response", "Set-Cookie")).contains("saw=");
    assertThat(row(page, "fetch-response", "X-Sample")).isEqualTo("|X-Sample|headers|headers");
    assertThat(page.text("#fetch-request caption")).contains("GET /app/headers HTTP/1.1");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void pagesReconnectAfterTheBackendRestarts() throws Exception {
    Page chat = browser.open(front.url("/app/chat.html?room=back&name=Ann"));
    Page stream = browser.open(front.url("/app/stream.html"));
    Page dashboard = browser.open(front.url("/app/dashboard.html"));
    chat.awaitText("#here", "Ann (you)");
    stream.await(RECEIVED + " > 5");
    dashboard.await(OPEN);

    backend.stop();
    try {
      for (Page page : new Page[] {chat, stream, dashboard}) {
        page.awaitText("#status", "Reconnecting, attempt");
      }
      assertThat(chat.evaluate("document.querySelector('#composer button').disabled"))
          .isEqualTo("true");
    } finally {
      backend.start();
    }
    String before = stream.text("#received");
    for (Page page : new Page[] {chat, stream, dashboard}) {
      page.await(OPEN);
    }
    chat.awaitText("#here", "Ann (you)");
    chat.type("#composer input", "Back again");
    chat.enter();
    chat.awaitText(".said", "Back again");
    stream.await(RECEIVED + " > 20 + " + before);
    assertThat(stream.evaluate(GAPS)).isEqualTo("none");
  }

  @ParameterizedTest
  @CsvSource({
    "/app/, index",
    "/app/, chat",
    "/app/, dashboard",
    "/app/, stream",
    "/app/, echo",
    "/elsewhere/, index",
    "/elsewhere/, chat",
    "/elsewhere/, dashboard",
    "/elsewhere/, stream",
    "/elsewhere/, echo"
  })
  void everyPageWorksUnderAnyPrefixAndFitsANarrowScreen(String prefix, String name) {
    Page page = browser.open(front.url(prefix + name + ".html"));
    page.size(320, 640);
    if (!name.equals("index")) {
      page.await(OPEN);
    }
    assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
        .isEqualTo("true");
    assertThat(page.complaints()).isEmpty();
  }

  /** Its class and its cells. */
  private static String row(Page page, String table, String header) {
    return page.evaluate(
        "(row => [row.className, ...[...row.cells].map(cell => cell.textContent)].join('|'))"
            + "([...document.querySelectorAll('#%s tbody tr')]".formatted(table)
            + ".find(row => row.cells[0].textContent.toLowerCase() === '%s'))"
                .formatted(header.toLowerCase(Locale.ROOT)));
  }
}
