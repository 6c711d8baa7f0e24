package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.culvert.exchange.ProxySettings.UpstreamTls;
import org.culvert.http.GatewayFailure;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code proxy_pass https://} and {@code proxy_ssl_*}. */
@Timeout(60)
final class TlsUpstreamTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  @TempDir static Path folder;

  @BeforeAll
  static void certificate() throws Exception {
    run(
        "-genkeypair",
        "-alias",
        "a",
        "-keyalg",
        "EC",
        "-dname",
        "CN=secure.example",
        "-ext",
        "SAN=dns:secure.example",
        "-storetype",
        "PKCS12",
        "-validity",
        "2");
    run("-exportcert", "-rfc", "-alias", "a", "-file", folder.resolve("ca.pem").toString());
  }

  private static void run(String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-keystore", folder.resolve("keys.p12").toString(), "-storepass", "changeit"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), "UTF-8");
    assertThat(process.waitFor()).as(output).isZero();
  }

  /** Answers one request on each connection; tells the names that clients asked for. */
  private static final class Server implements AutoCloseable {
    final SSLServerSocket socket;
    final BlockingQueue<String> names = new LinkedBlockingQueue<>();

    Server() throws Exception {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(folder.resolve("keys.p12"))) {
        keys.load(in, PASSWORD);
      }
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      socket =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 10, InetAddress.getLoopbackAddress());
      Thread thread = new Thread(this::serve, "tls-origin");
      thread.setDaemon(true);
      thread.start();
    }

    private void serve() {
      while (!socket.isClosed()) {
        try (SSLSocket client = (SSLSocket) socket.accept()) {
          client.startHandshake();
          List<SNIServerName> asked =
              ((ExtendedSSLSession) client.getSession()).getRequestedServerNames();
          names.add(asked.isEmpty() ? "none" : new String(asked.get(0).getEncoded(), "US-ASCII"));
          client.getInputStream().read(new byte[4096]);
          client
              .getOutputStream()
              .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes("US-ASCII"));
        } catch (IOException e) {
          // The next one.
        }
      }
    }

    InetSocketAddress address() {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private record Outcome(String answer, @Nullable GatewayFailure failure) {}

  private static Outcome through(Server server, UpstreamTls tls) throws Exception {
    UpstreamSettings upstream = TestProxy.upstream(server.address());
    TestProxy proxy =
        new TestProxy(
            upstream,
            TestProxy.settings(upstream, "https", true, true, s -> TestProxy.with(s, tls)));
    try (var front = TestFront.start(TestFront.Kind.JETTY, proxy, true);
        var client = new RawClient(front.port())) {
      String answer = client.get("/").rest();
      return new Outcome(answer, proxy.ends.take().failure());
    }
  }

  @Test
  void namesAndTrustAreAsConfigured() throws Exception {
    String trusted = folder.resolve("ca.pem").toString();
    Template right = Template.constant("secure.example");
    try (Server server = new Server()) {
      assertThat(through(server, new UpstreamTls(false, null, false, null)).answer())
          .startsWith("HTTP/1.1 200");
      assertThat(server.names.poll(5, TimeUnit.SECONDS)).isEqualTo("none");
      assertThat(through(server, new UpstreamTls(true, right, false, null)).answer())
          .startsWith("HTTP/1.1 200");
      assertThat(server.names.poll(5, TimeUnit.SECONDS)).isEqualTo("secure.example");
      assertThat(through(server, new UpstreamTls(true, right, true, trusted)).answer())
          .startsWith("HTTP/1.1 200");
      Outcome wrongName =
          through(server, new UpstreamTls(true, Template.constant("x.example"), true, trusted));
      assertThat(wrongName.answer()).startsWith("HTTP/1.1 502");
      assertThat(wrongName.failure().kind())
          .as(wrongName.failure().getMessage())
          .isEqualTo(GatewayFailure.Kind.TLS_FAILED);
      Outcome untrusted = through(server, new UpstreamTls(true, right, true, null));
      assertThat(untrusted.answer()).startsWith("HTTP/1.1 502");
      assertThat(untrusted.failure().kind())
          .as(untrusted.failure().getMessage())
          .isEqualTo(GatewayFailure.Kind.TLS_FAILED);
    }
  }
}
