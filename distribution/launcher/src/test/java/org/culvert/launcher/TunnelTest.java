package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code proxy_websocket tunnel} in the running proxy: what becomes of a tunnel on a signal. */
@Timeout(60)
class TunnelTest extends RunningMaster {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final String HANDSHAKE =
      "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: "
          + KEY
          + "\r\nSec-WebSocket-Version: 13\r\n\r\n";

  @TempDir Path folder;
  private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
  private int port;
  private int tlsPort;
  private int proxiedPort;
  private @Nullable ServerSocket backend;

  @BeforeEach
  void backend() throws Exception {
    port = MasterTest.freePort();
    do {
      tlsPort = MasterTest.freePort();
      proxiedPort = MasterTest.freePort();
    } while (tlsPort == port || proxiedPort == port || proxiedPort == tlsPort);
    ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    backend = listening;
    Thread accepting =
        new Thread(
            () -> {
              try {
                while (true) {
                  Socket socket = listening.accept();
                  Thread echoing = new Thread(() -> echo(socket));
                  echoing.setDaemon(true);
                  echoing.start();
                }
              } catch (IOException closed) {
                // The test is over.
              }
            });
    accepting.setDaemon(true);
    accepting.start();
  }

  /** A backend that sends each frame back, masked with zeros and short as they all are here. */
  private void echo(Socket socket) {
    String end = "closed";
    try (socket) {
      String head = head(socket.getInputStream());
      heads.add(head);
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key(head) + MAGIC).getBytes(StandardCharsets.US_ASCII));
      send(
          socket,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + Base64.getEncoder().encodeToString(hash)
              + "\r\n\r\n");
      InputStream in = socket.getInputStream();
      int first;
      while ((first = in.read()) >= 0) {
        int length = in.read() & 0x7f;
        in.readNBytes(4); // The mask.
        byte[] frame = new byte[2 + length];
        frame[0] = (byte) first;
        frame[1] = (byte) length;
        in.readNBytes(frame, 2, length);
        socket.getOutputStream().write(frame);
      }
    } catch (Exception e) {
      end = e.toString();
    }
    ends.add(end);
  }

  private static String key(String head) {
    int from = head.indexOf("Sec-WebSocket-Key: ") + "Sec-WebSocket-Key: ".length();
    return head.substring(from, head.indexOf('\r', from));
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("after \"" + head + '"');
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private void configure(String mode) throws IOException {
    for (String file : List.of("one.pem", "one.key")) {
      try (InputStream in = TunnelTest.class.getResourceAsStream("/tls/" + file)) {
        Files.write(folder.resolve(file), Objects.requireNonNull(in).readAllBytes());
      }
    }
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        events {}
        http {
          access_log off;
          limit_conn_zone $host zone=open:1m;
          limit_req_zone $host zone=asked:1m rate=10r/s;
          server {
            listen 127.0.0.1:%d;
            listen 127.0.0.1:%d ssl;
            listen 127.0.0.1:%d proxy_protocol;
            listen unix:%s;
            ssl_certificate one.pem;
            ssl_certificate_key one.key;
            location / { proxy_pass http://127.0.0.1:%d; proxy_websocket %s; }
          }
        }
        """
            .formatted(port, tlsPort, proxiedPort, folder.resolve("s"), backendPort(), mode));
  }

  private int backendPort() {
    ServerSocket listening = backend;
    return listening == null ? 0 : listening.getLocalPort();
  }

  private Master start(String mode) throws Exception {
    configure(mode);
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    return run(command);
  }

  @AfterEach
  void stop() throws Exception {
    if (backend != null) {
      backend.close();
    }
  }

  /** A client whose WebSocket the backend has accepted by the client's own key. */
  private Socket open() throws Exception {
    return open(false);
  }

  private Socket open(boolean tls) throws Exception {
    Socket client = accepted(tls);
    assertThat(heads.poll(10, TimeUnit.SECONDS)).contains(KEY);
    return client;
  }

  private Socket accepted(boolean tls) throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    Socket client =
        tls ? trusting().getSocketFactory().createSocket(here, tlsPort) : new Socket(here, port);
    client.setSoTimeout(20_000);
    send(client, HANDSHAKE);
    assertThat(head(client.getInputStream())).startsWith("HTTP/1.1 101");
    return client;
  }

  static SSLContext trusting() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = TunnelTest.class.getResourceAsStream("/tls/one.pem")) {
      store.setCertificateEntry(
          "one", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** Sends a frame and reads it back. */
  private static void echoes(Socket client, String text) throws IOException {
    int length = text.length();
    ByteBuffer frame = ByteBuffer.allocate(6 + length);
    frame.put((byte) 0x81).put((byte) (0x80 | length)).putInt(0);
    client.getOutputStream().write(frame.put(text.getBytes(StandardCharsets.US_ASCII)).array());
    byte[] back = client.getInputStream().readNBytes(2 + length);
    assertThat(back).startsWith(0x81, length);
    assertThat(new String(back, 2, length, StandardCharsets.US_ASCII)).isEqualTo(text);
  }

  /** And handshakes are delayed meanwhile. */
  @ParameterizedTest
  @CsvSource({
    "relay, false, false",
    "relay, false, true",
    "relay, true, false",
    "tunnel, false, false",
    "tunnel, false, true",
    "tunnel, true, false"
  })
  void countsWhileItIsOpenWhateverEndsIt(String mode, boolean tls, boolean resets)
      throws Exception {
    start(mode + "; limit_conn open 1; limit_req zone=asked burst=1000");
    try (Socket first = accepted(tls)) {
      assertThat(asked()).startsWith("HTTP/1.1 503");
      assertThat(asked()).startsWith("HTTP/1.1 503");
      if (resets) {
        first.setSoLinger(true, 0);
      }
    }
    for (int i = 0; i < 2; i++) {
      Await.until(() -> asked().startsWith("HTTP/1.1 101"));
    }
  }

  /** What a WebSocket's handshake is answered with; one that is opened is closed again. */
  private String asked() throws IOException {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.setSoTimeout(20_000);
      send(client, HANDSHAKE);
      return head(client.getInputStream());
    }
  }

  @ParameterizedTest
  @CsvSource({"tunnel, false", "auto, false", "tunnel, true"})
  void carriesBytesThroughAReloadAndLetsThemEndWhenItQuits(String mode, boolean tls)
      throws Exception {
    Master started = start(mode);
    try (Socket client = open(tls)) {
      echoes(client, "first");
      configure("relay");
      started.tell(Signals.RELOAD);
      echoes(client, "second");

      started.tell(Signals.QUIT);
      Thread thread = running;
      assertThat(thread).isNotNull();
      thread.join(300); // It waits: there is nothing to be seen of that.
      assertThat(thread.isAlive()).isTrue();
      echoes(client, "third");

      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isNegative();
      assertThat(ends.poll(10, TimeUnit.SECONDS)).isEqualTo("closed");
      thread.join(10_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  @Test
  void carriesATunnelBehindAHeaderOfTheProxyProtocol() throws Exception {
    start("tunnel");
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), proxiedPort)) {
      client.setSoTimeout(20_000);
      send(client, "PROXY TCP4 192.0.2.1 198.51.100.2 5001 80\r\n" + HANDSHAKE);
      assertThat(head(client.getInputStream())).startsWith("HTTP/1.1 101");
      echoes(client, "proxied");
    }
  }

  @Test
  void carriesATunnelOverAUnixDomainSocket() throws Exception {
    start("tunnel");
    try (SocketChannel client =
        SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")))) {
      client.write(ByteBuffer.wrap(HANDSHAKE.getBytes(StandardCharsets.US_ASCII)));
      InputStream in = Channels.newInputStream(client);
      assertThat(head(in)).startsWith("HTTP/1.1 101");
      client.write(ByteBuffer.wrap(new byte[] {(byte) 0x81, (byte) 0x82, 0, 0, 0, 0, 'h', 'i'}));
      assertThat(in.readNBytes(4)).containsExactly(0x81, 2, 'h', 'i');
      client.shutdownOutput();
      assertThat(in.read()).isNegative();
      assertThat(ends.poll(10, TimeUnit.SECONDS)).isEqualTo("closed");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endsATunnelWhenItStops(boolean tls) throws Exception {
    Master started = start("tunnel");
    try (Socket client = open(tls)) {
      echoes(client, "first");
      started.tell(Signals.STOP);
      if (running != null) {
        running.join();
      }
      started.close();
      assertThat(client.getInputStream().readAllBytes())
          .containsExactly(0x88, 2, 3, 0xe9); // Close 1001
      assertThat(ends.poll(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void leavesNothingOfAThousandTunnels() throws Exception {
    leavesNothingOf(1000, false);
  }

  @Test
  void leavesNothingOfTunnelsWithTls() throws Exception {
    leavesNothingOf(100, true);
  }

  @Test
  @Tag("long")
  @Timeout(300)
  void leavesNothingOfAThousandTunnelsWithTls() throws Exception {
    leavesNothingOf(1000, true);
  }

  private void leavesNothingOf(int count, boolean tls) throws Exception {
    start("tunnel");
    for (int i = 0; i < 20; i++) {
      open(tls).close(); // What is loaded once.
    }
    long before = descriptors();
    for (int i = 0; i < count; i++) {
      try (Socket client = open(tls)) {
        if (i % 2 == 0) {
          echoes(client, "x");
        }
        if (i % 4 > 1) {
          client.setSoLinger(true, 0); // A reset.
        }
      }
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (descriptors() > before + 10) {
      assertThat(System.nanoTime()).as("descriptors are freed in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static long descriptors() {
    String[] open = new java.io.File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }
}
