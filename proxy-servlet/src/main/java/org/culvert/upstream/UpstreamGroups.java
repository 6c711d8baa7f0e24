package org.culvert.upstream;

import java.net.SocketAddress;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one configuration at work. Those that a reload leaves unchanged are the very
 * objects of the configuration before, health and counts included; a changed group keeps its
 * unchanged peers. Thread-safe.
 */
public final class UpstreamGroups {
  private static final int MOST_LITERALS = 1024;

  private final Map<UpstreamSettings, UpstreamGroup> bySettings;

  /** By the very objects of the configuration: their hash codes have all their parts. Replaced. */
  private volatile Map<UpstreamSettings, UpstreamGroup> known = new IdentityHashMap<>();

  private final Map<String, UpstreamGroup> byName = new HashMap<>();
  private final Map<SocketAddress, UpstreamGroup> literals = new ConcurrentHashMap<>();

  /**
   * Groups for a configuration.
   *
   * @param former those of the configuration before, or null
   */
  public UpstreamGroups(List<UpstreamSettings> upstreams, @Nullable UpstreamGroups former) {
    bySettings = new ConcurrentHashMap<>();
    for (UpstreamSettings settings : upstreams) {
      UpstreamGroup group = take(settings, former);
      bySettings.put(settings, group);
      byName.putIfAbsent(settings.name().toLowerCase(Locale.ROOT), group);
    }
  }

  private static UpstreamGroup take(UpstreamSettings settings, @Nullable UpstreamGroups former) {
    if (former == null) {
      return new UpstreamGroup(settings);
    }
    UpstreamGroup same = former.bySettings.get(settings);
    return same != null
        ? same
        : new UpstreamGroup(
            settings,
            former.byName.get(settings.name().toLowerCase(Locale.ROOT)),
            System::nanoTime);
  }

  /** The group of these settings. */
  public UpstreamGroup group(UpstreamSettings settings) {
    UpstreamGroup group = known.get(settings);
    return group != null ? group : find(settings);
  }

  private synchronized UpstreamGroup find(UpstreamSettings settings) {
    UpstreamGroup group = bySettings.computeIfAbsent(settings, UpstreamGroup::new);
    Map<UpstreamSettings, UpstreamGroup> more = new IdentityHashMap<>(known);
    more.put(settings, group);
    known = more;
    return group;
  }

  /** The group of that name, as {@code upstream} or "host:port" give it, in any case; or null. */
  public @Nullable UpstreamGroup named(String name) {
    return byName.get(name.toLowerCase(Locale.ROOT));
  }

  /**
   * The group of one address that only a request's variables named.
   *
   * @param server the address as written, "127.0.0.1:8080" or "unix:/run/app.sock"
   * @param keepalive idle connections to keep
   */
  public UpstreamGroup literal(SocketAddress address, String server, int keepalive) {
    UpstreamGroup before = literals.get(address);
    if (before != null) {
      return before;
    }
    UpstreamGroup group =
        new UpstreamGroup(
            new UpstreamSettings(server, List.of(PeerSettings.of(address, server)), keepalive));
    // Addresses may come from clients: remember only so many.
    return literals.size() < MOST_LITERALS ? remember(address, group) : group;
  }

  private UpstreamGroup remember(SocketAddress address, UpstreamGroup group) {
    UpstreamGroup other = literals.putIfAbsent(address, group);
    return other == null ? group : other;
  }

  /** All configured groups. */
  public List<UpstreamGroup> all() {
    return List.copyOf(bySettings.values());
  }
}
