package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class MasterTest {
  @TempDir Path folder;
  private @Nullable Master master;

  private Master start(String servers) throws Exception {
    Files.createDirectories(folder.resolve("logs"));
    configure(servers);
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    master = new Master(command, command.read());
    master.start();
    return master;
  }

  private void configure(String servers) throws Exception {
    Files.writeString(
        folder.resolve("culvert.conf"), "events {} http { access_log off; " + servers + " }");
  }

  /** Returns when the master has done with it, well or not. */
  private void reload(Master running, String servers) throws Exception {
    configure(servers);
    running.tell(Signals.RELOAD);
    running.tell(Signals.STOP);
    running.run();
  }

  @AfterEach
  void stop() {
    if (master != null) {
      master.close();
    }
  }

  /** Below the ports that a system gives out by itself: no connection of a test takes it. */
  static int freePort() throws Exception {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(12_000, 32_000);
      try (ServerSocket probe = new ServerSocket()) {
        probe.bind(new InetSocketAddress("127.0.0.1", port));
        return port;
      } catch (BindException e) {
        // Somebody's; the next.
      }
    }
  }

  private static String exchange(int port, String request) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void answersOnEveryListenWithTheServerOfItsPort() throws Exception {
    int one = freePort();
    int two = freePort();
    start(
        "server { listen 127.0.0.1:%d; return 200 one; } server { listen 127.0.0.1:%d; return 200 two; }"
            .formatted(one, two));

    String get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assertThat(exchange(one, get)).startsWith("HTTP/1.1 200").endsWith("one");
    assertThat(exchange(two, get)).endsWith("two").contains("\r\nServer: nginx/1.31.5\r\n");
  }

  @Test
  void saysInNginxsWordsThatAPortIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress("127.0.0.1", 0));
      int port = taken.getLocalPort();

      assertThatThrownBy(() -> start("server { listen 127.0.0.1:%d; }".formatted(port)))
          .isInstanceOf(LaunchException.class)
          .hasMessage("bind() to 127.0.0.1:" + port + " failed (98: Address already in use)");
    }
  }

  @Test
  void answersWhatIsNoHttpWithNginxsPage() throws Exception {
    int port = freePort();
    start("server { listen 127.0.0.1:%d; }".formatted(port));

    assertThat(exchange(port, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"))
        .startsWith("HTTP/1.1 400")
        .contains("<center>nginx/1.31.5</center>")
        .doesNotContainIgnoringCase("jetty");
  }

  @Test
  void countsTheRequestsOfAConnection() throws Exception {
    int port = freePort();
    start("server { listen 127.0.0.1:%d; return 200 <$connection_requests>; }".formatted(port));
    String kept = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    String answers =
        exchange(port, kept + kept + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assertThat(answers).containsSubsequence("<1>", "<2>", "<3>");
    assertThat(exchange(port, "GET / HTTP/1.0\r\n\r\n")).endsWith("<1>");
  }

  @Test
  void leavesThePathToTheProxy() throws Exception {
    int port = freePort();
    start("server { listen 127.0.0.1:%d; return 200 $uri; }".formatted(port));

    assertThat(
            exchange(
                port,
                "GET /a/%2e%2e//b%2Fc;x/%5c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .endsWith("\r\n\r\n/b/c;x/\\");
  }

  @Test
  void speaksHttp2OverTls() throws Exception {
    int port = freePort();
    start(
        """
        server {
          listen 127.0.0.1:%d ssl;
          http2 on;
          ssl_certificate %s;
          ssl_certificate_key %s;
          return 200 "$server_protocol $scheme";
        }
        """
            .formatted(port, PemTest.file("one.pem"), PemTest.file("one.pkcs1.key")));

    HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build();
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/")).build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(response.body()).isEqualTo("HTTP/2.0 https");
  }

  @Test
  void tellsHttp2ClientsToGoWhenItQuits() throws Exception {
    int port = freePort();
    Master running =
        start(
            "server { listen 127.0.0.1:%d ssl; http2 on; ssl_certificate %s; ssl_certificate_key %s; return 200 ok; }"
                .formatted(port, PemTest.file("one.pem"), PemTest.file("one.key")));
    HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build();
    client.send(
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/")).build(),
        HttpResponse.BodyHandlers.discarding());

    running.tell(Signals.QUIT);

    assertTimeoutPreemptively(Duration.ofSeconds(10), running::run);
  }

  @Test
  void choosesTheCertificateByServerName() throws Exception {
    int port = freePort();
    start(
        """
        server { listen 127.0.0.1:%1$d ssl; server_name one.test;
          ssl_certificate %2$s; ssl_certificate_key %3$s; return 200 one; }
        server { listen 127.0.0.1:%1$d ssl; server_name elsewhere.test;
          ssl_certificate %4$s; ssl_certificate_key %5$s; return 200 two; }
        """
            .formatted(
                port,
                PemTest.file("one.pem"),
                PemTest.file("one.key"),
                PemTest.file("two.pem"),
                PemTest.file("two.key")));

    assertThat(subject(port, "one.test")).isEqualTo("CN=one.test");
    assertThat(subject(port, "elsewhere.test")).isEqualTo("CN=two.test");
    assertThat(subject(port, null)).isEqualTo("CN=one.test");
    assertThat(subject(port, "unknown.test")).isEqualTo("CN=one.test");
  }

  @Test
  void saysWhichCertificateCannotBeRead() {
    assertThatThrownBy(
            () ->
                start(
                    "server { listen 127.0.0.1:1 ssl; ssl_certificate /no.pem; ssl_certificate_key /no.key; }"))
        .hasMessageContaining("cannot load certificate \"/no.pem\"")
        .hasMessageContaining("No such file or directory");
  }

  @Test
  void leavesNoSocketBehindWhenAReloadFailsLate() throws Exception {
    int kept = freePort();
    List<Integer> many = freePorts(210); // More than the threads that connectors may have.
    Master running = start("server { listen 127.0.0.1:%d; return 200 before; }".formatted(kept));

    String listens =
        many.stream().map("listen 127.0.0.1:%d;"::formatted).collect(Collectors.joining(" "));
    reload(
        running,
        "server { listen 127.0.0.1:%d; http2 on; %s return 200 after; }".formatted(kept, listens));

    String get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assertThat(running.ports()).as("the reload has failed").containsExactly(kept);
    assertThat(exchange(kept, get)).startsWith("HTTP/1.1 200");
    for (int port : many) {
      assertThatThrownBy(() -> exchange(port, get)).isInstanceOf(ConnectException.class);
    }

    reload(
        running,
        "server { listen 127.0.0.1:%d; listen 127.0.0.1:%d; return 200 mended; }"
            .formatted(kept, many.get(0)));

    assertThat(exchange(kept, get)).endsWith("mended");
    assertThat(exchange(many.get(0), get)).endsWith("mended");
  }

  private static List<Integer> freePorts(int count) throws Exception {
    List<ServerSocket> probes = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        ServerSocket probe = new ServerSocket();
        probes.add(probe);
        probe.bind(new InetSocketAddress("127.0.0.1", 0));
      }
      return probes.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket probe : probes) {
        probe.close();
      }
    }
  }

  @Test
  void takesHttp2WithoutTlsOnlyByItsPreface() throws Exception {
    int port = freePort();
    start("server { listen 127.0.0.1:%d; http2 on; return 200 $server_protocol; }".formatted(port));

    assertThat(
            exchange(
                port,
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade, HTTP2-Settings\r\n"
                    + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"))
        .startsWith("HTTP/1.1 200")
        .endsWith("HTTP/1.1");
    try (Socket socket = new Socket("127.0.0.1", port)) {
      OutputStream out = socket.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
      InputStream in = socket.getInputStream();
      byte[] frame = in.readNBytes(9);
      assertThat(frame[3]).as("the server's SETTINGS").isEqualTo((byte) 4);
    }
  }

  @Test
  void waitsForABackendLongerThanKeepaliveTimeout() throws Exception {
    int port = freePort();
    try (ServerSocket backend = new ServerSocket()) {
      backend.bind(new InetSocketAddress("127.0.0.1", 0));
      start(
          "keepalive_timeout 1s; server { listen 127.0.0.1:%d; location / { proxy_pass http://127.0.0.1:%d; } }"
              .formatted(port, backend.getLocalPort()));
      Thread answering =
          new Thread(
              () -> {
                try (Socket socket = backend.accept()) {
                  socket.getInputStream().read(new byte[8192]);
                  Thread.sleep(3000); // the backend's slowness is what is tested
                  socket
                      .getOutputStream()
                      .write(
                          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"
                              .getBytes(StandardCharsets.US_ASCII));
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      answering.start();

      assertThat(exchange(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).endsWith("late");
    }
  }

  private static @Nullable String subject(int port, @Nullable String name) throws Exception {
    try (SSLSocket socket =
        (SSLSocket) trusting().getSocketFactory().createSocket("127.0.0.1", port)) {
      if (name != null) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        socket.setSSLParameters(parameters);
      }
      socket.startHandshake();
      X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return certificate.getSubjectX500Principal().getName();
    }
  }

  static SSLContext trusting() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        null,
        new TrustManager[] {
          new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
              return new X509Certificate[0];
            }
          }
        },
        null);
    return context;
  }
}
