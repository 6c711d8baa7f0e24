package org.culvert.launcher;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.HostPort;
import org.eclipse.jetty.util.component.Graceful;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** One open socket: Jetty's connector with the limits and manners of nginx's {@code listen}. */
final class Listener {
  /** What an answer's head usually fits into. */
  private static final int RESPONSE_HEAD = 4 * 1024;

  /** What a backend may answer in its head, with room for the location's own fields. */
  private static final int LARGEST_RESPONSE_HEAD = 64 * 1024;

  private final Binding binding;
  private final ListeningSocket socket;
  private final FedConnector connector;
  private final HttpConfiguration http = new HttpConfiguration();
  private final Http1Connection.Factory http1 = new Http1Connection.Factory(http);
  private final SslContextFactory.@Nullable Server tls;
  private ProxyHeaderConnection.@Nullable Factory proxyHeaders;

  private Listener(Server server, Binding binding, ListeningSocket socket) {
    this.binding = binding;
    this.socket = socket;
    configureHttp();
    if (binding.ssl()) {
      tls = new SslContextFactory.Server();
      http.addCustomizer(secureRequests());
      connector = connector(server, tlsFactories(tls));
    } else if (binding.http2()) {
      tls = null;
      connector = connector(server, http1, streams(new PriorKnowledge(http)));
    } else {
      tls = null;
      connector = connector(server, http1);
    }
    // Draining is Culvert's own: connections under way keep their time.
    connector.setShutdownIdleTimeout(-1);
  }

  /**
   * Binds the socket. Nobody is accepted before {@link #start}, but the system lets clients wait.
   *
   * @param present who has the address now and speaks otherwise: its socket is taken over by {@link
   *     #start}; or null
   * @param certificates of a socket with TLS, else null
   * @throws LaunchException in nginx's words when the address is taken or not ours
   */
  static Listener open(
      Server server,
      Binding binding,
      @Nullable Listener present,
      ClientTimes times,
      @Nullable Tls certificates)
      throws LaunchException {
    ListeningSocket socket = present == null ? ListeningSocket.open(binding) : present.socket;
    Listener listener = new Listener(server, binding, socket);
    listener.follow(times);
    if (listener.tls != null && certificates != null) {
      certificates.configure(listener.tls);
    }
    return listener;
  }

  private void configureHttp() {
    http.setResponseHeaderSize(RESPONSE_HEAD);
    http.setMaxResponseHeaderSize(LARGEST_RESPONSE_HEAD);
    http.setSendServerVersion(false);
    http.setSendXPoweredBy(false);
    // The launcher alone lets every path through: Culvert normalises it, and nobody else reads it.
    http.setUriCompliance(UriCompliance.UNSAFE);
    // The host of an absolute-form target overrides the Host field (RFC 9112, section 3.2.2).
    http.setHttpCompliance(
        HttpCompliance.RFC9110.with(
            "culvert",
            HttpCompliance.Violation.MISMATCHED_AUTHORITY,
            HttpCompliance.Violation.HTTP_0_9));
    http.setRelativeRedirectAllowed(true);
    if (binding.path() != null) {
      // Who names no host gets the default server; Jetty would make a host of the path.
      http.setServerAuthority(new HostPort("localhost", 80));
    }
  }

  /** Marks requests as secure; which server a name belongs to is decided by the configuration. */
  private static SecureRequestCustomizer secureRequests() {
    SecureRequestCustomizer customizer = new SecureRequestCustomizer();
    customizer.setSniHostCheck(false);
    customizer.setSniRequired(false);
    return customizer;
  }

  private FedConnector connector(Server server, ConnectionFactory... factories) {
    if (!binding.proxyProtocol()) {
      return new FedConnector(server, binding.options(), factories);
    }
    List<ConnectionFactory> all = new ArrayList<>(List.of(factories));
    proxyHeaders = new ProxyHeaderConnection.Factory(factories[0]);
    all.add(0, proxyHeaders);
    return new FedConnector(server, binding.options(), all.toArray(ConnectionFactory[]::new));
  }

  private ConnectionFactory[] tlsFactories(SslContextFactory.Server factory) {
    if (!binding.http2()) {
      SslConnectionFactory ssl = new SslConnectionFactory(factory, http1.getProtocol());
      return new ConnectionFactory[] {ssl, http1};
    }
    ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(http1.getProtocol());
    SslConnectionFactory ssl = new SslConnectionFactory(factory, alpn.getProtocol());
    return new ConnectionFactory[] {
      ssl, alpn, streams(new HTTP2ServerConnectionFactory(http)), http1
    };
  }

  private static <F extends AbstractHTTP2ServerConnectionFactory> F streams(F factory) {
    // nginx's http2_max_concurrent_streams.
    factory.setMaxConcurrentStreams(128);
    factory.setConnectProtocolEnabled(true);
    return factory;
  }

  /**
   * HTTP/2 without TLS as nginx has it: only for a client that begins with the preface. The {@code
   * Upgrade: h2c} of HTTP/1.1, which RFC 9113 has dropped, is not answered.
   */
  private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {
    PriorKnowledge(HttpConfiguration configuration) {
      super(configuration);
    }

    @Override
    public @Nullable Connection upgradeConnection(
        Connector connector,
        EndPoint endPoint,
        MetaData.Request request,
        HttpFields.Mutable response101) {
      return HttpMethod.PRI.is(request.getMethod())
          ? super.upgradeConnection(connector, endPoint, request, response101)
          : null;
    }
  }

  /** What it is bound for. */
  Binding binding() {
    return binding;
  }

  /** Whether it can go on as that, its certificates and timeouts aside. */
  boolean speaksAs(Binding other) {
    return binding.ssl() == other.ssl()
        && binding.http2() == other.http2()
        && binding.proxyProtocol() == other.proxyProtocol();
  }

  /** The port, also where the configuration left the choice to the system. */
  int localPort() {
    return socket.port();
  }

  /** Takes what may change while the socket stays: times and certificates. */
  void update(ClientTimes times, @Nullable Tls certificates) throws LaunchException {
    follow(times);
    if (tls != null && certificates != null) {
      try {
        tls.reload(factory -> certificates.configure((SslContextFactory.Server) factory));
      } catch (Exception e) {
        throw new LaunchException("cannot load the certificates of " + binding + ": " + e, e);
      }
    }
  }

  private void follow(ClientTimes times) {
    connector.setIdleTimeout(
        (times.keepalive().isZero() ? times.head() : times.keepalive()).toMillis());
    http1.headTimeout(times.head());
    http1.head(times.limits());
    if (proxyHeaders != null) {
      proxyHeaders.limit(times.head());
    }
    connector.getConnectionFactories().stream()
        .filter(AbstractHTTP2ServerConnectionFactory.class::isInstance)
        .map(AbstractHTTP2ServerConnectionFactory.class::cast)
        .forEach(streams -> streams.setStreamIdleTimeout(times.idle().toMillis()));
  }

  /** Accepts clients. Who accepted at this address before gets none from now on. */
  void start() throws Exception {
    connector.start();
    accept();
  }

  /** Accepts clients again, at an address that another has taken over. */
  void accept() {
    socket.feed(connector);
  }

  /**
   * Gives the socket back at once, unless it is another listener's; connections that were accepted
   * stay.
   */
  void closeSocket(Collection<Listener> others) {
    if (others.stream().noneMatch(other -> other != this && other.socket == socket)) {
      socket.close();
    }
  }

  /** Tells the clients of kept connections to go. */
  void drain() {
    CompletableFuture<Void> unused = connector.shutdown();
    // HTTP/2's GOAWAY.
    for (Graceful graceful : connector.getContainedBeans(Graceful.class)) {
      unused = graceful.shutdown();
    }
  }

  /** Closes connections that are idle by some measure. */
  void closeIdle(Predicate<EndPoint> idle) {
    for (EndPoint endPoint : connector.getConnectedEndPoints()) {
      if (idle.test(endPoint)) {
        endPoint.close();
      }
    }
  }

  /** Whether no connection is left. */
  boolean isDrained() {
    return connector.getConnectedEndPoints().isEmpty();
  }

  /** Ends what is left. */
  void stop(Server server) throws Exception {
    connector.stop();
    server.removeConnector(connector);
  }
}
