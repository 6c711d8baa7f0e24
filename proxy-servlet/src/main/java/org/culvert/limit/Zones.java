package org.culvert.limit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.culvert.limit.ZoneSettings.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The zones of one configuration at work. Those that a reload leaves as they are (name, kind and
 * size) go on with their states. Immutable; what it holds is thread-safe.
 */
public final class Zones {
  private static final LongSupplier CLOCK = () -> System.nanoTime() / 1_000_000;

  private record Zone<T>(ZoneSettings settings, T states) {}

  private final Map<String, Zone<RequestZone>> requests = new HashMap<>();
  private final Map<String, Zone<ConnectionZone>> connections = new HashMap<>();

  private Zones() {}

  /**
   * Zones for a configuration.
   *
   * @param former those of the configuration before, or null
   * @throws ZoneConflictException where one that goes on has another key
   */
  public static Zones open(List<ZoneSettings> settings, @Nullable Zones former)
      throws ZoneConflictException {
    return open(settings, former, CLOCK);
  }

  static Zones open(List<ZoneSettings> settings, @Nullable Zones former, LongSupplier millis)
      throws ZoneConflictException {
    Zones zones = new Zones();
    for (ZoneSettings each : settings) {
      if (each.kind() == Kind.REQUESTS) {
        RequestZone kept = former == null ? null : kept(former.requests.get(each.name()), each);
        zones.requests.put(
            each.name(),
            new Zone<>(each, kept == null ? new RequestZone(each.size(), millis) : kept));
      } else {
        ConnectionZone kept =
            former == null ? null : kept(former.connections.get(each.name()), each);
        zones.connections.put(
            each.name(), new Zone<>(each, kept == null ? new ConnectionZone(each.size()) : kept));
      }
    }
    return zones;
  }

  private static <T> @Nullable T kept(@Nullable Zone<T> before, ZoneSettings now)
      throws ZoneConflictException {
    if (before == null || before.settings.size() != now.size()) {
      return null;
    }
    if (!before.settings.key().source().equals(now.key().source())) {
      throw new ZoneConflictException(now, before.settings);
    }
    return before.states;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return requests.isEmpty() && connections.isEmpty();
  }

  RequestZone requests(ZoneSettings zone) {
    return known(requests, zone);
  }

  ConnectionZone connections(ZoneSettings zone) {
    return known(connections, zone);
  }

  private static <T> T known(Map<String, Zone<T>> zones, ZoneSettings zone) {
    Zone<T> found = zones.get(zone.name());
    if (found == null) {
      throw new IllegalStateException("no zone \"" + zone.name() + "\" is at work");
    }
    return found.states;
  }
}
