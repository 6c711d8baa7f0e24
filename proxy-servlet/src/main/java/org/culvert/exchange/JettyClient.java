package org.culvert.exchange;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.culvert.http.GatewayFailure;
import org.culvert.upstream.Peer;
import org.culvert.upstream.UpstreamGroup;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.ClientConnectionFactory;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Dials peers with Jetty's selectors and sockets, and keeps what was dialled for the next request:
 * a connect has its own time limit, an attempt knows whether its connection is a used one, and no
 * request waits for another's. Thread-safe.
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

  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private final ClientConnector connector = new Connector();

  /** The dial that the thread is about to make: Jetty makes its socket on the thread that asks. */
  private final ThreadLocal<JettyDial> dialling = new ThreadLocal<>();

  private final SslContextFactory.Client tls;
  private final Timers timers;
  private final PooledBuffers buffers;
  private final Map<JettyOrigin, JettyIdleConnections> idle = new ConcurrentHashMap<>();

  /** Sockets of others. */
  private final Set<JettyReadiness> watched = ConcurrentHashMap.newKeySet();

  private volatile boolean stopping;

  /**
   * A client that has not been started.
   *
   * @param pool for TLS and for whoever a connection is switched to
   * @param buffers for HTTP
   */
  JettyClient(
      SslContextFactory.Client tls,
      Executor threads,
      Scheduler scheduler,
      Timers timers,
      ByteBufferPool pool,
      PooledBuffers buffers) {
    this.tls = tls;
    this.timers = timers;
    this.buffers = buffers;
    connector.setSelectors(1);
    connector.setSslContextFactory(tls);
    connector.setExecutor(threads);
    connector.setScheduler(scheduler);
    connector.setByteBufferPool(pool);
    connector.setConnectTimeout(MOST_CONNECT);
    connector.setIdleTimeout(IDLE);
    connector.addEventListener(new Dialling());
  }

  /** Makes the endpoints of its connections on the selector's thread. */
  private static final class Connector extends ClientConnector {
    @Override
    protected SelectorManager newSelectorManager() {
      return new ClientSelectorManager(getExecutor(), getScheduler(), getSelectors()) {
        @Override
        protected void execute(Runnable task) {
          if (JettySelectorTasks.needNoPool(task)) {
            task.run();
          } else {
            super.execute(task);
          }
        }

        /** In a near network it is connected already, and need not be waited for. */
        @Override
        public void connect(SelectableChannel channel, Object attachment) {
          try {
            if (((SocketChannel) channel).finishConnect()) {
              connectionSucceeded(channel);
              accept(channel, attachment);
            } else {
              super.connect(channel, attachment);
            }
          } catch (IOException refused) {
            IO.close(channel);
            super.execute(() -> connectionFailed(channel, refused, attachment));
          }
        }

        /** Jetty tells nobody of what goes wrong with one that need not be waited for. */
        @Override
        public Connection newConnection(
            SelectableChannel channel, EndPoint endPoint, Object attachment) throws IOException {
          try {
            return super.newConnection(channel, endPoint, attachment);
          } catch (IOException | RuntimeException e) {
            connectionFailed(channel, e, attachment);
            throw e;
          }
        }
      };
    }
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

  /** Selectors, threads and pools beneath. */
  public ClientConnector connector() {
    return connector;
  }

  Timers timers() {
    return timers;
  }

  Executor threads() {
    return connector.getExecutor();
  }

  PooledBuffers buffers() {
    return buffers;
  }

  /** Where to connect for a peer of a target. */
  public static JettyOrigin origin(
      String scheme, String name, Peer peer, UpstreamGroup group, LocalAddress local) {
    return new JettyOrigin(
        scheme,
        name,
        peer.settings().address(),
        group.settings().name(),
        group.settings().keepalive(),
        local);
  }

  /** Told what became of a wish for a connection; one of the two, once, on any thread. */
  interface Dialled {
    /**
     * Here it is; the caller's until its exchange has ended.
     *
     * @param reused whether requests went over it before
     */
    void connected(JettyUpstreamConnection connection, boolean reused);

    /** There is none. */
    void failed(GatewayFailure failure);
  }

  /**
   * Takes an idle connection or dials a new one. A TLS handshake happens with the first request.
   *
   * @param fresh whether to dial in any case
   * @param limit {@code proxy_connect_timeout}
   */
  void connect(JettyOrigin origin, boolean fresh, Duration limit, Dialled dialled) {
    JettyIdleConnections kept = idle(origin);
    JettyUpstreamConnection latest = fresh ? null : kept.take();
    if (latest != null) {
      dialled.connected(latest, true);
      return;
    }
    JettyDial dial = new JettyDial(origin, connector.getSelectorManager(), timers, limit, dialled);
    dialling.set(dial);
    try {
      connector.connect(origin.address(), context(origin, kept, dial));
    } catch (RuntimeException e) {
      dial.failed(e); // Thrown on, it would be told a second time when the dial's limit passes.
    } finally {
      dialling.remove();
    }
  }

  private Map<String, Object> context(
      JettyOrigin origin, JettyIdleConnections kept, JettyDial dial) {
    ClientConnectionFactory http =
        (endPoint, context) ->
            new JettyUpstreamConnection(endPoint, this, kept, dial, origin.isTls());
    Map<String, Object> context = new HashMap<>();
    context.put(ClientConnectionFactory.CONTEXT_KEY, origin.isTls() ? tls(origin, http) : http);
    context.put(ClientConnector.CONNECTION_PROMISE_CONTEXT_KEY, dial);
    context.put(Transport.CONTEXT_KEY, transport(origin));
    return context;
  }

  private static Transport transport(JettyOrigin origin) {
    return origin.address() instanceof UnixDomainSocketAddress unix
        ? new Transport.TCPUnix(unix.getPath())
        : Transport.TCP_IP;
  }

  /** The host string of the address in the context is the name that TLS sends and verifies. */
  private ClientConnectionFactory tls(JettyOrigin origin, ClientConnectionFactory http) {
    ClientConnectionFactory secure = connector.newSslClientConnectionFactory(tls, http);
    return (endPoint, context) -> {
      context.put(
          ClientConnector.REMOTE_SOCKET_ADDRESS_CONTEXT_KEY,
          InetSocketAddress.createUnresolved(origin.name(), origin.port()));
      return secure.newConnection(endPoint, context);
    };
  }

  /** Has the selector of this client's connections tell of a socket that somebody else reads. */
  public JettyReadiness readiness(SocketChannel socket, JettyReadiness.Owner owner) {
    ManagedSelector selector =
        connector.getSelectorManager().getBeans(ManagedSelector.class).iterator().next();
    return new JettyReadiness(this, selector, socket, owner);
  }

  /** Whether there is a selector that tells of it, and of whose end it will be told. */
  boolean watch(JettyReadiness readiness) {
    watched.add(readiness);
    return !stopping || !watched.remove(readiness);
  }

  void unwatch(JettyReadiness readiness) {
    watched.remove(readiness);
  }

  private JettyIdleConnections idle(JettyOrigin origin) {
    JettyIdleConnections known = idle.get(origin);
    if (known != null) {
      return known;
    }
    if (idle.size() >= MOST_ORIGINS) {
      idle.values().removeIf(JettyIdleConnections::isEmpty);
    }
    return idle.computeIfAbsent(origin, o -> new JettyIdleConnections(o.keepalive()));
  }

  /** Its selector closes what it watches without a word: whose that is are told before. */
  void stop() {
    try {
      awaitUnwatched();
      stopping = true;
      for (JettyReadiness readiness : watched) {
        if (watched.remove(readiness)) {
          readiness.stop();
        }
      }
      idle.values().forEach(JettyIdleConnections::close);
    } finally {
      LifeCycle.stop(connector);
    }
  }

  /** Clients that have got a Close answer it, as a rule. */
  private void awaitUnwatched() {
    long deadline = System.nanoTime() + LAST_WORDS.toNanos();
    while (!watched.isEmpty() && System.nanoTime() < deadline) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
