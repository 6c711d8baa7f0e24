package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.http.GatewayFailure;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.Relay;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upgrade.RelayThreads;
import org.culvert.upgrade.Stalls;
import org.jspecify.annotations.Nullable;

/**
 * Completes clients' WebSocket handshakes through the container's Jakarta WebSocket, and runs the
 * relays. One for a servlet context; closed with it. Thread-safe.
 *
 * <p>The way is the one that every container takes: the endpoint is registered when the context
 * starts, the backend waits in a ThreadLocal while {@code upgradeHttpToWebSocket} runs, {@code
 * modifyHandshake} puts it into the session's user properties, {@code onOpen} takes it from there.
 */
public final class JakartaUpgrade implements AutoCloseable {
  static final String HANDOVER = "org.culvert.relay.handover";
  private static final String PATH = "/.culvert/relay-";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final int USUAL_THREADS = 200;
  private static final long SHUTDOWN_MILLIS = 1500;

  private final ServerContainer container;
  private final JakartaConfigurator configurator = new JakartaConfigurator();
  private final ServerEndpointConfig endpoint =
      ServerEndpointConfig.Builder.create(JakartaEndpoint.class, PATH + NUMBER.incrementAndGet())
          .configurator(configurator)
          .build();
  private final RelayThreads threads = RelayThreads.open();
  private volatile boolean closed;
  private final Stalls callbacks;
  private final Set<JakartaHandover> handovers = ConcurrentHashMap.newKeySet();
  private final Map<JakartaHandover, Relay> relays = new ConcurrentHashMap<>();

  private JakartaUpgrade(ServerContainer container, int containerThreads) {
    this.container = container;
    this.callbacks = new Stalls(Math.max(1, containerThreads / 4));
  }

  /**
   * Registers the relay's endpoint; while the context starts, once.
   *
   * @return null where the container has no WebSocket
   */
  public static @Nullable JakartaUpgrade register(ServletContext context) {
    if (!(context.getAttribute(ServerContainer.class.getName()) instanceof ServerContainer found)) {
      return null;
    }
    TomcatSession.initialize(found);
    JakartaUpgrade upgrade = new JakartaUpgrade(found, containerThreads(context));
    try {
      found.addEndpoint(upgrade.endpoint);
    } catch (DeploymentException e) {
      upgrade.threads.close();
      throw new IllegalStateException(
          "the relay's endpoint " + upgrade.endpoint.getPath() + " cannot be registered", e);
    }
    return upgrade;
  }

  /** The container's threads where it tells (Jetty does), else what is usual. */
  private static int containerThreads(ServletContext context) {
    Object executor = context.getAttribute("org.eclipse.jetty.server.Executor");
    if (executor != null) {
      try {
        return (int) executor.getClass().getMethod("getMaxThreads").invoke(executor);
      } catch (ReflectiveOperationException | RuntimeException e) {
        return USUAL_THREADS;
      }
    }
    return USUAL_THREADS;
  }

  /**
   * Completes the client's handshake with what the backend chose and starts the relay. Blocks for
   * the write of the 101 alone, and where the client's connection can be had not even for that.
   *
   * @param ended told once when the relay is over, on any thread
   * @throws GatewayFailure when the client is gone or the container refused; the backend is cut off
   *     then
   */
  void complete(SwitchingClient client, Accepted accepted, Consumer<RelayEnd> ended)
      throws GatewayFailure {
    JakartaHandover handover = new JakartaHandover(this, accepted, ended);
    handovers.add(handover);
    if (closed && handover.lost()) {
      throw new GatewayFailure(GatewayFailure.Kind.SHUT_DOWN, "the proxy shuts down");
    }
    try {
      client.relay(
          accepted, handover, (request, response) -> bySession(request, response, handover));
    } catch (IOException | DeploymentException | RuntimeException e) {
      failed(handover, e);
    }
  }

  private void bySession(
      HttpServletRequest request, HttpServletResponse response, JakartaHandover handover)
      throws IOException, DeploymentException, GatewayFailure {
    SessionReading.Prepared prepared = SessionReading.of(request, handover.client());
    handover.readBy(prepared.companion());
    configurator.offer(handover);
    try {
      container.upgradeHttpToWebSocket(prepared.request(), response, endpoint, Map.of());
    } finally {
      configurator.clear();
    }
    if (!handover.isTaken() && handover.lost()) {
      throw new GatewayFailure(
          GatewayFailure.Kind.INTERNAL,
          "the container did not upgrade the connection, and answered " + response.getStatus());
    }
  }

  private static void failed(JakartaHandover handover, Exception e) throws GatewayFailure {
    if (handover.lost()) {
      throw new GatewayFailure(
          GatewayFailure.Kind.CLIENT_GONE, "the client's handshake failed: " + e, e);
    }
  }

  JakartaClientHop hop(
      Session session, Accepted accepted, SessionReading.Companion reading, RelayThreads threads) {
    PortableSession portable = new PortableSession(session, threads);
    ContainerSession adapted =
        TomcatSession.of(session, portable, reading, accepted.settings().clientSend());
    if (adapted == null) {
      adapted = JettySession.of(session, portable);
    }
    return new JakartaClientHop(
        adapted == null ? portable : adapted, threads, accepted.timers(), callbacks);
  }

  void running(JakartaHandover handover, Relay relay) {
    relays.put(handover, relay);
    if (relay.isOver()) {
      relays.remove(handover);
    } else if (closed) {
      relay.abort("the proxy shuts down"); // Its timers may be gone already.
    }
  }

  /** The relay is over, or there will be none. */
  void over(JakartaHandover handover) {
    handovers.remove(handover);
    relays.remove(handover);
  }

  /** Where the container would take an upgrade that did not come through the proxy. */
  String path() {
    return endpoint.getPath();
  }

  /** How many relays run. */
  public int count() {
    return relays.size();
  }

  /** Closes what still runs with 1001, and waits for it briefly. Idempotent. */
  @Override
  public void close() {
    closed = true;
    handovers.forEach(JakartaHandover::withdraw);
    relays.values().forEach(Relay::shutDown);
    long deadline = System.nanoTime() + SHUTDOWN_MILLIS * 1_000_000;
    while (!relays.isEmpty() && System.nanoTime() < deadline) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    relays.values().forEach(relay -> relay.abort("the proxy shuts down"));
    threads.closeAndJoin();
  }
}
