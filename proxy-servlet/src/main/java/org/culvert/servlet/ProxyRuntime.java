package org.culvert.servlet;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.Configuration;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.exchange.Upstreams;
import org.culvert.http.GatewayFailure;
import org.culvert.limit.ZoneConflictException;
import org.culvert.limit.Zones;
import org.culvert.observe.AccessLog;
import org.culvert.observe.AccessLogSettings;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One configuration at work. It owns tables only; clients, peers and log files belong to the
 * process and are handed on to the next runtime. It counts the requests that it serves: once it is
 * {@link #retire retired}, the last of them closes it. Thread-safe.
 */
final class ProxyRuntime {
  private final Configuration configuration;
  private final Upstreams upstreams;
  private final Zones zones;
  private final Map<List<AccessLogSettings>, AccessLog> logs;
  private final Consumer<ProxyRuntime> closed;
  private final Set<RequestCycle> underWay = ConcurrentHashMap.newKeySet();
  private volatile @Nullable GatewayFailure cutOff;

  /** The requests under way, and one for being in use. */
  private final AtomicInteger holders = new AtomicInteger(1);

  private ProxyRuntime(
      Configuration configuration,
      Upstreams upstreams,
      Zones zones,
      Map<List<AccessLogSettings>, AccessLog> logs,
      Consumer<ProxyRuntime> closed) {
    this.configuration = configuration;
    this.upstreams = upstreams;
    this.zones = zones;
    this.logs = logs;
    this.closed = closed;
  }

  /**
   * Puts a configuration to work.
   *
   * @param former the runtime before, which stays as it is; or null
   * @param closed told when it has ended, on any thread
   * @throws ConfigurationException for a log that cannot be written, or a zone that has another key
   *     now, as nginx reports it
   */
  static ProxyRuntime start(
      Configuration configuration, @Nullable ProxyRuntime former, Consumer<ProxyRuntime> closed)
      throws ConfigurationException {
    Zones zones = openZones(configuration, former);
    Map<List<AccessLogSettings>, AccessLog> logs = openLogs(configuration);
    Upstreams upstreams =
        Upstreams.open(configuration.upstreams(), former == null ? null : former.upstreams);
    return new ProxyRuntime(configuration, upstreams, zones, logs, closed);
  }

  private static Zones openZones(Configuration configuration, @Nullable ProxyRuntime former)
      throws ConfigurationException {
    try {
      return Zones.open(configuration.zones(), former == null ? null : former.zones);
    } catch (ZoneConflictException other) {
      throw new ConfigurationException(String.valueOf(other.getMessage()), null);
    }
  }

  private static Map<List<AccessLogSettings>, AccessLog> openLogs(Configuration configuration)
      throws ConfigurationException {
    Map<List<AccessLogSettings>, AccessLog> logs = new HashMap<>();
    try {
      for (ServerSettings server : configuration.servers()) {
        for (LocationSettings location : server.everyLocation().toList()) {
          open(location, logs);
        }
      }
      return logs;
    } catch (IOException unwritable) {
      logs.values().forEach(AccessLog::close);
      throw new ConfigurationException(String.valueOf(unwritable.getMessage()), null);
    }
  }

  private static void open(LocationSettings location, Map<List<AccessLogSettings>, AccessLog> logs)
      throws IOException {
    List<AccessLogSettings> settings = location.accessLogs();
    if (!settings.isEmpty() && !logs.containsKey(settings)) {
      logs.put(settings, new AccessLog(settings));
    }
  }

  Configuration configuration() {
    return configuration;
  }

  Upstreams upstreams() {
    return upstreams;
  }

  /** What its limits count in. */
  Zones zones() {
    return zones;
  }

  /** Writes the request's line to the logs of the location that answered it. */
  void log(LocationSettings location, Scope scope) {
    AccessLog log = logs.get(location.accessLogs());
    if (log != null) {
      log.log(scope);
    }
  }

  /**
   * Begins a request.
   *
   * @return false when this runtime has ended: ask for the current one again
   */
  boolean hold() {
    while (true) {
      int now = holders.get();
      if (now == 0) {
        return false;
      }
      if (holders.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /** A request that was {@link #hold held} has ended. */
  void release() {
    if (holders.decrementAndGet() == 0) {
      upstreams.close();
      logs.values().forEach(AccessLog::close);
      closed.accept(this);
    }
  }

  /** A request that is held is worked on from now on; where all are cut off, it is at once. */
  void begun(RequestCycle cycle) {
    underWay.add(cycle);
    GatewayFailure why = cutOff;
    if (why != null) {
      cycle.cutOff(why);
    }
  }

  /** A request that had {@link #begun} has ended: it is released. */
  void ended(RequestCycle cycle) {
    underWay.remove(cycle);
    release();
  }

  /** Ends what is under way, and what may yet begin, without an answer. */
  void cutOff(GatewayFailure why) {
    cutOff = why;
    for (RequestCycle cycle : underWay) {
      try {
        cycle.cutOff(why);
      } catch (RuntimeException e) { // Of one line of the access log, say: the others end too.
        ErrorLines.defect(e, cycle.scope());
      }
    }
  }

  /** Another configuration has taken over: ends with the last request. */
  void retire() {
    release();
  }
}
