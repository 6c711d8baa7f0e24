package org.culvert.exchange;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.culvert.http.GatewayFailure;
import org.culvert.upstream.Peer;
import org.culvert.upstream.UpstreamGroup;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpUpgrader;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.UpgradeProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Jetty's HttpClient stripped of all that belongs to a user agent: no cookie store, redirects,
 * authentication, content decoding, User-Agent, connection limit or queue. Connections are dialled
 * and kept here rather than in Jetty's pools: so a connect has its own time limit, an attempt knows
 * whether its connection is a used one, and no request waits for another's. Thread-safe.
 */
public final class JettyClient {
  private static final Duration IDLE = Duration.ofSeconds(60); // nginx, upstream keepalive_timeout

  /**
   * Origins beyond which those without a connection are forgotten: their names and addresses may
   * come from clients ({@code proxy_ssl_name $host}).
   */
  private static final int MOST_ORIGINS = 1024;

  /** Longer than any {@code proxy_connect_timeout} that can come to pass, as nginx has it. */
  private static final Duration MOST_CONNECT = Duration.ofSeconds(75);

  private final HttpClient http;
  private final ClientConnector connector = new ClientConnector();

  /** The dial that the thread is about to make: Jetty makes its socket on the thread that asks. */
  private final ThreadLocal<JettyDial> dialling = new ThreadLocal<>();

  private final Timers timers;
  private final Map<JettyOrigin, JettyIdleConnections> idle = new ConcurrentHashMap<>();

  JettyClient(
      SslContextFactory.Client tls,
      Executor threads,
      Scheduler scheduler,
      Timers timers,
      ByteBufferPool buffers) {
    this.timers = timers;
    connector.setSelectors(1);
    connector.setSslContextFactory(tls);
    connector.setExecutor(threads);
    connector.setScheduler(scheduler);
    connector.setByteBufferPool(buffers);
    connector.addEventListener(new Dialling());
    http = new HttpClient(new HttpClientTransportOverHTTP(connector));
    strip();
  }

  private void strip() {
    http.setName("culvert-upstream");
    http.setConnectTimeout(MOST_CONNECT.toMillis());
    http.setHttpCookieStore(new HttpCookieStore.Empty());
    http.setFollowRedirects(false);
    http.setUserAgentField(null);
    http.setDefaultRequestContentType(null);
    http.setMaxConnectionsPerDestination(Integer.MAX_VALUE);
    http.setMaxRequestsQueuedPerDestination(Integer.MAX_VALUE);
    http.setIdleTimeout(IDLE.toMillis());
    http.setDestinationIdleTimeout(5 * IDLE.toMillis());
    http.setMaxResponseHeadersSize(32 * 1024);
    http.setMaxRequestHeadersSize(64 * 1024);
    http.setUseInputDirectByteBuffers(false); // The servlet API writes arrays.
    http.setSocketAddressResolver(new Resolved());
  }

  /** Tells a dial which socket is its own. */
  private final class Dialling implements ClientConnector.ConnectListener {
    @Override
    public void onConnectBegin(SocketChannel socket, SocketAddress to) {
      JettyDial dial = dialling.get();
      if (dial != null) {
        dial.over(socket);
      }
    }
  }

  /** Peers come resolved: the destination's tag has the address. */
  private static final class Resolved implements SocketAddressResolver {
    @Override
    public void resolve(
        String host,
        int port,
        Map<String, Object> context,
        Promise<List<InetSocketAddress>> promise) {
      Destination destination =
          Objects.requireNonNull((Destination) context.get(Destination.CONTEXT_KEY));
      JettyOrigin origin = (JettyOrigin) destination.getOrigin().getTag();
      try {
        // The host string of the address is the name that TLS sends and verifies.
        byte[] bytes = origin.address().getAddress().getAddress();
        InetAddress named = InetAddress.getByAddress(origin.name(), bytes);
        promise.succeeded(List.of(new InetSocketAddress(named, origin.address().getPort())));
      } catch (UnknownHostException e) {
        promise.failed(e);
      }
    }
  }

  void started() {
    http.getProtocolHandlers().clear();
    http.getProtocolHandlers().put(new ContinueProtocolHandler());
    http.getProtocolHandlers().put(new ProcessingProtocolHandler());
    http.getProtocolHandlers().put(new EarlyHintsProtocolHandler());
    http.getProtocolHandlers().put(new AnyUpgrade());
    http.getContentDecoderFactories().clear();
  }

  /** The client itself; requests to it must have a {@link JettyOrigin} as their tag. */
  public HttpClient http() {
    return http;
  }

  /** Where to connect for a peer of a target. */
  public static JettyOrigin origin(String scheme, String name, Peer peer, UpstreamGroup group) {
    return new JettyOrigin(
        scheme,
        name,
        peer.settings().address(),
        group.settings().name(),
        group.settings().keepalive());
  }

  /** Told what became of a wish for a connection; one of the two, once, on any thread. */
  public interface Dialled {
    /**
     * Here it is; the caller's until {@link #release} or its close.
     *
     * @param reused whether requests went over it before
     */
    void connected(Connection connection, boolean reused);

    /** There is none. */
    void failed(GatewayFailure failure);
  }

  /**
   * Takes an idle connection or dials a new one. A TLS handshake happens with the first request.
   *
   * @param fresh whether to dial in any case
   * @param limit {@code proxy_connect_timeout}
   */
  public void connect(JettyOrigin origin, boolean fresh, Duration limit, Dialled dialled) {
    Connection kept = fresh ? null : idle(origin).take();
    if (kept != null) {
      dialled.connected(kept, true);
      return;
    }
    JettyRequest probe = new JettyRequest(this, origin);
    JettyDial dial =
        new JettyDial(this, origin, connector.getSelectorManager(), timers, limit, dialled);
    dialling.set(dial);
    try {
      http.resolveDestination(probe).newConnection(dial);
    } catch (RuntimeException e) {
      dial.failed(e); // Thrown on, it would be told a second time when the dial's limit passes.
    } finally {
      dialling.remove();
    }
  }

  /** Keeps a connection whose exchange has ended for the next one, or closes it. */
  public void release(JettyOrigin origin, Connection connection) {
    if (!connection.isClosed()) {
      idle(origin).keep(connection);
    }
  }

  private JettyIdleConnections idle(JettyOrigin origin) {
    if (idle.size() >= MOST_ORIGINS && !idle.containsKey(origin)) {
      idle.values().removeIf(JettyIdleConnections::isEmpty);
    }
    return idle.computeIfAbsent(origin, o -> new JettyIdleConnections(o.keepalive()));
  }

  void stop() {
    try {
      idle.values().forEach(JettyIdleConnections::close);
    } finally {
      LifeCycle.stop(http);
    }
  }

  /** Jetty's own knows two protocols; where an upgrader waits, it judges the answer. */
  private static final class AnyUpgrade extends UpgradeProtocolHandler {
    @Override
    protected boolean acceptHeaders(Request request, Response response) {
      return request.getAttributes().containsKey(HttpUpgrader.Factory.class.getName())
          || super.acceptHeaders(request, response);
    }
  }
}
