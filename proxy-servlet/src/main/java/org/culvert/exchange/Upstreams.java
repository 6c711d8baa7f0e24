package org.culvert.exchange;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.culvert.resolver.Resolver;
import org.culvert.resolver.ResolverSettings;
import org.culvert.upstream.UpstreamGroups;
import org.culvert.upstream.UpstreamSettings;
import org.jspecify.annotations.Nullable;

/**
 * The upstream side of one configuration at work: its groups and its part of the process's clients.
 * Opened with a runtime, closed when the runtime's last request has ended. Open the new one before
 * the old is closed, and threads and connections are handed on. Thread-safe.
 */
public final class Upstreams implements AutoCloseable {
  private final UpstreamGroups groups;
  private final JettyClients clients;
  private final Map<ResolverSettings, Resolver> resolvers = new ConcurrentHashMap<>();

  private Upstreams(UpstreamGroups groups, JettyClients clients) {
    this.groups = groups;
    this.clients = clients;
  }

  /**
   * Opens the upstream side of a configuration.
   *
   * @param former that of the configuration before, or null
   */
  public static Upstreams open(List<UpstreamSettings> upstreams, @Nullable Upstreams former) {
    return new Upstreams(
        new UpstreamGroups(upstreams, former == null ? null : former.groups), JettyClients.open());
  }

  /** The groups. */
  public UpstreamGroups groups() {
    return groups;
  }

  /** The clients. */
  public JettyClients clients() {
    return clients;
  }

  /** The resolver of these settings, which all locations with equal ones share. */
  Resolver resolver(ResolverSettings settings) {
    return resolvers.computeIfAbsent(settings, clients::resolver);
  }

  /** The process's timers. */
  public Timers timers() {
    return clients.timers();
  }

  /** Waits until the threads of all that were closed in this process have ended, but not longer. */
  public static void awaitClosed(Duration atMost) {
    JettyClients.awaitClosed(atMost);
  }

  /**
   * Lets go of groups and clients; what nobody else uses ends soon after, with the last of the
   * process all threads. Does not wait. Idempotent.
   */
  @Override
  public void close() {
    clients.close();
  }
}
