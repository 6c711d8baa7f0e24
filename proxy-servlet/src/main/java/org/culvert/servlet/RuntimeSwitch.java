package org.culvert.servlet;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.Configuration;
import org.culvert.exchange.Upstreams;
import org.culvert.http.GatewayFailure;
import org.jspecify.annotations.Nullable;

/**
 * The runtime that new requests go to, exchanged by one reference on a reload. Thread-safe; reloads
 * come one after the other.
 */
final class RuntimeSwitch {
  /** How long the threads of what ends are waited for. */
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private final AtomicReference<@Nullable ProxyRuntime> current;

  /** The current one, and those before it that have requests under way. */
  private final Set<ProxyRuntime> running = ConcurrentHashMap.newKeySet();

  /** Who is to be told of the end of one before. */
  private final Map<ProxyRuntime, Runnable> endings = new ConcurrentHashMap<>();

  RuntimeSwitch(Configuration configuration) throws ConfigurationException {
    current = new AtomicReference<>(start(configuration, null));
  }

  private ProxyRuntime start(Configuration configuration, @Nullable ProxyRuntime former)
      throws ConfigurationException {
    ProxyRuntime runtime = ProxyRuntime.start(configuration, former, this::ended);
    running.add(runtime);
    return runtime;
  }

  private void ended(ProxyRuntime runtime) {
    running.remove(runtime);
    Runnable told = endings.remove(runtime);
    if (told != null) {
      told.run();
    }
  }

  /** The current runtime, held for one request; null when the servlet has ended. */
  @Nullable ProxyRuntime hold() {
    while (true) {
      ProxyRuntime runtime = current.get();
      if (runtime == null || runtime.hold()) {
        return runtime;
      }
    }
  }

  /**
   * Puts another configuration to work and lets the one before end with its last request.
   *
   * @param formerEnded told, on any thread, when the one before has ended
   * @throws ConfigurationException when it cannot work; nothing has changed then
   */
  synchronized void replace(Configuration configuration, Runnable formerEnded)
      throws ConfigurationException {
    ProxyRuntime former = current.get();
    if (former != null) {
      current.set(start(configuration, former));
      endings.put(former, formerEnded);
      former.retire();
    }
  }

  /**
   * No request from now on. What is under way, by whatever configuration, is cut off; returns when
   * its threads have ended, or nearly so.
   */
  synchronized void close() {
    ProxyRuntime last = current.getAndSet(null);
    if (last != null) {
      last.retire();
    }
    GatewayFailure why = new GatewayFailure(GatewayFailure.Kind.SHUT_DOWN, "the proxy shuts down");
    running.forEach(runtime -> runtime.cutOff(why));
    Upstreams.awaitClosed(END_LIMIT);
  }
}
