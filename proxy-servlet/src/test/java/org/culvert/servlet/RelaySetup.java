package org.culvert.servlet;

import jakarta.servlet.Servlet;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.websocket.server.WsSci;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** A backend, a container with {@link TestUpgrade} in it, and raw clients. */
final class RelaySetup implements AutoCloseable {
  static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  /** A container and how it carries what was upgraded. */
  enum Way {
    JETTY_RELAY(TestFront.Kind.JETTY, WebSocketMode.RELAY),
    /** As in a web application of a Jetty server, and over HTTP/2. */
    JETTY_JAKARTA_RELAY(TestFront.Kind.JETTY, WebSocketMode.RELAY),
    JETTY_TUNNEL(TestFront.Kind.JETTY, WebSocketMode.TUNNEL),
    TOMCAT_RELAY(TestFront.Kind.TOMCAT, WebSocketMode.RELAY),
    TOMCAT_TUNNEL(TestFront.Kind.TOMCAT, WebSocketMode.TUNNEL),
    /** TLS in front. */
    JETTY_TUNNEL_TLS(TestFront.Kind.JETTY, WebSocketMode.TUNNEL, true, false),
    /** TLS behind. */
    JETTY_TUNNEL_TO_TLS(TestFront.Kind.JETTY, WebSocketMode.TUNNEL, false, true),
    /** TLS on both sides. */
    TOMCAT_TUNNEL_TLS(TestFront.Kind.TOMCAT, WebSocketMode.TUNNEL, true, true);

    final TestFront.Kind kind;
    final WebSocketMode mode;
    final boolean tlsInFront;
    final boolean tlsBehind;

    Way(TestFront.Kind kind, WebSocketMode mode) {
      this(kind, mode, false, false);
    }

    Way(TestFront.Kind kind, WebSocketMode mode, boolean tlsInFront, boolean tlsBehind) {
      this.kind = kind;
      this.mode = mode;
      this.tlsInFront = tlsInFront;
      this.tlsBehind = tlsBehind;
    }

    boolean isTunnel() {
      return mode == WebSocketMode.TUNNEL;
    }
  }

  final TestOrigin origin;
  final TestUpgrade proxy;
  private final @Nullable TestKeys keys;
  private final TestFront front;
  private final List<Closeable> clients = new CopyOnWriteArrayList<>();

  RelaySetup(TestFront.Kind kind, TestOrigin.Script backend) throws Exception {
    this(kind, backend, Duration.ofSeconds(30), Duration.ofSeconds(30), 200);
  }

  RelaySetup(
      TestFront.Kind kind, TestOrigin.Script backend, Duration read, Duration send, int maxThreads)
      throws Exception {
    this(
        kind == TestFront.Kind.JETTY ? Way.JETTY_RELAY : Way.TOMCAT_RELAY,
        backend,
        read,
        send,
        maxThreads);
  }

  RelaySetup(Way way, TestOrigin.Script backend) throws Exception {
    this(way, backend, Duration.ofSeconds(30), Duration.ofSeconds(30), 200);
  }

  RelaySetup(Way way, TestOrigin.Script backend, Duration read, Duration send, int maxThreads)
      throws Exception {
    keys = way.tlsInFront ? TestKeys.shared() : null;
    origin = way.tlsBehind ? tlsOrigin(backend) : new TestOrigin(backend);
    String scheme = way.tlsBehind ? "https" : "http";
    proxy = new TestUpgrade(origin.address(), scheme, read, send, way.mode);
    front = front(way.kind, proxy, maxThreads, keys);
    proxy.jakartaAlone = way == Way.JETTY_JAKARTA_RELAY;
  }

  /** A backend of https. */
  static TestOrigin tlsOrigin(TestOrigin.Script backend) throws IOException {
    return new TestOrigin(
        TestKeys.shared()
            .context()
            .getServerSocketFactory()
            .createServerSocket(0, 1024, InetAddress.getLoopbackAddress()),
        backend);
  }

  /** A container with WebSocket, which lets through every path that it can be told to. */
  static TestFront front(TestFront.Kind kind, Servlet servlet, int maxThreads) throws Exception {
    return front(kind, servlet, maxThreads, null);
  }

  /** The same, with TLS where there are keys. */
  static TestFront front(
      TestFront.Kind kind, Servlet servlet, int maxThreads, @Nullable TestKeys keys)
      throws Exception {
    return kind == TestFront.Kind.JETTY
        ? jetty(servlet, maxThreads, keys)
        : tomcat(servlet, maxThreads, keys);
  }

  private static TestFront jetty(Servlet servlet, int maxThreads, @Nullable TestKeys keys)
      throws Exception {
    Server server = new Server(new org.eclipse.jetty.util.thread.QueuedThreadPool(maxThreads));
    HttpConfiguration lenient = new HttpConfiguration();
    lenient.setUriCompliance(UriCompliance.UNSAFE);
    HttpConnectionFactory http = new HttpConnectionFactory(lenient);
    ServerConnector connector =
        keys == null
            ? new ServerConnector(server, 1, 1, http)
            : new ServerConnector(server, 1, 1, tls(keys, http), http);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    ServletHolder holder = new ServletHolder(servlet);
    holder.setAsyncSupported(true);
    holder.setInitOrder(1);
    context.addServlet(holder, "/");
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    server.setHandler(context);
    server.start();
    return new TestFront() {
      @Override
      public int port() {
        return connector.getLocalPort();
      }

      @Override
      public void undeploy() throws Exception {
        context.stop();
      }

      @Override
      public void close() throws Exception {
        server.stop();
      }
    };
  }

  private static SslConnectionFactory tls(TestKeys keys, HttpConnectionFactory http) {
    SslContextFactory.Server context = new SslContextFactory.Server();
    context.setSslContext(keys.context());
    return new SslConnectionFactory(context, http.getProtocol());
  }

  private static TestFront tomcat(Servlet servlet, int maxThreads, @Nullable TestKeys keys)
      throws Exception {
    Logger.getLogger("org.apache").setLevel(Level.OFF);
    Tomcat tomcat = new Tomcat();
    var base = Files.createTempDirectory("tomcat").toFile();
    tomcat.setBaseDir(base.getPath());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.getConnector().setProperty("maxThreads", Integer.toString(maxThreads));
    tomcat.getConnector().setProperty("minSpareThreads", "2");
    tomcat.getConnector().setProperty("relaxedPathChars", "|{}^\"<>\\`[]");
    tomcat.getConnector().setEncodedSolidusHandling("decode");
    tomcat.getConnector().setEncodedReverseSolidusHandling("decode");
    if (keys != null) {
      SSLHostConfig host = new SSLHostConfig();
      var certificate = new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
      certificate.setCertificateKeystoreFile(keys.file().toString());
      certificate.setCertificateKeystorePassword(TestKeys.PASSWORD);
      certificate.setCertificateKeystoreType("PKCS12");
      host.addCertificate(certificate);
      tomcat.getConnector().addSslHostConfig(host);
      tomcat.getConnector().setProperty("SSLEnabled", "true");
      tomcat.getConnector().setScheme("https");
      tomcat.getConnector().setSecure(true);
    }
    var context = tomcat.addContext("", base.getPath());
    context.addServletContainerInitializer(new WsSci(), null);
    var wrapper = Tomcat.addServlet(context, "proxy", servlet);
    wrapper.setAsyncSupported(true);
    wrapper.setLoadOnStartup(1);
    context.addServletMappingDecoded("/", "proxy");
    tomcat.start();
    return new TestFront() {
      @Override
      public int port() {
        return tomcat.getConnector().getLocalPort();
      }

      @Override
      public void undeploy() throws Exception {
        context.stop();
      }

      @Override
      public void close() throws Exception {
        tomcat.stop();
        tomcat.destroy();
      }
    };
  }

  int port() {
    return front.port();
  }

  /** A client's connection in bytes. */
  final class Client implements Closeable {
    final Socket socket;
    private final Socket bare;
    final BufferedInputStream in;
    final Wire wire;
    String head = "";

    Client(int receiveBuffer) throws IOException {
      bare = new Socket();
      if (receiveBuffer > 0) {
        bare.setReceiveBufferSize(receiveBuffer);
      }
      bare.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), front.port()));
      bare.setTcpNoDelay(true);
      bare.setSoTimeout(15_000);
      socket =
          keys == null
              ? bare
              : keys.context()
                  .getSocketFactory()
                  .createSocket(bare, "localhost", front.port(), true);
      in = new BufferedInputStream(socket.getInputStream(), 65536);
      wire = new Wire(in, socket.getOutputStream(), true);
      clients.add(this);
    }

    Client send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return this;
    }

    /** Reads a head; its body stays. */
    String answer() throws IOException {
      StringBuilder text = new StringBuilder();
      int b;
      while ((b = in.read()) >= 0) {
        text.append((char) b);
        if (b == '\n' && text.toString().endsWith("\r\n\r\n")) {
          break;
        }
      }
      head = text.toString();
      return head;
    }

    void reset() throws IOException {
      bare.setSoLinger(true, 0);
      bare.close();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** The text of a client's handshake. */
  static String handshake(String... fields) {
    StringBuilder head =
        new StringBuilder("GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\n")
            .append("Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: ")
            .append(KEY)
            .append("\r\nSec-WebSocket-Version: 13\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  Client connect() throws IOException {
    return new Client(0);
  }

  /** A client whose handshake was answered with 101. */
  Client open(String... fields) throws IOException {
    return open(0, fields);
  }

  Client open(int receiveBuffer, String... fields) throws IOException {
    Client client = new Client(receiveBuffer);
    client.send(handshake(fields));
    if (!client.answer().startsWith("HTTP/1.1 101 ")) {
      throw new IOException(
          "not 101: "
              + client.head
              + new String(client.in.readAllBytes(), StandardCharsets.ISO_8859_1));
    }
    return client;
  }

  /** Waits until so many relays run. */
  void relays(int count) {
    long deadline = System.nanoTime() + java.util.concurrent.TimeUnit.SECONDS.toNanos(20);
    while (proxy.count() != count) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(proxy.count() + " relays, not " + count);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws Exception {
    for (Closeable client : clients) {
      client.close();
    }
    front.close();
    origin.close();
  }
}
