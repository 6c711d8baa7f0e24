package org.culvert.directive;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.limit.ZoneSettings;
import org.culvert.location.LocationMatch;
import org.culvert.location.VirtualServers;
import org.culvert.upstream.UpstreamSettings;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that was read, checked and inherited: immutable, shared by all requests that it
 * serves.
 *
 * @param servers in the order of the file
 * @param byAddress which of them answers for a local address, port and Host
 * @param upstreams the {@code upstream} blocks and the implicit ones, each once
 * @param zones what its limits count in
 * @param process what concerns the launcher's process alone
 * @param files the text of every file that was read, by name, in the order of reading: what {@code
 *     nginx -T} prints; one char (0 to 255) for each byte
 */
public record Configuration(
    List<ServerSettings> servers,
    VirtualServers<ServerSettings> byAddress,
    List<UpstreamSettings> upstreams,
    List<ZoneSettings> zones,
    ProcessSettings process,
    Map<String, String> files) {

  /**
   * The launcher's part.
   *
   * @param pid {@code pid}, or null for the default
   * @param errorLog the file of {@code error_log}, "stderr", or null for the default
   * @param errorLogLevel nginx's level: "error" by default
   * @param daemon {@code daemon}
   * @param shutdownTimeout {@code worker_shutdown_timeout}; zero waits for ever
   * @param keepaliveTimeout {@code keepalive_timeout} towards clients
   */
  public record ProcessSettings(
      @Nullable String pid,
      @Nullable String errorLog,
      String errorLogLevel,
      boolean daemon,
      Duration shutdownTimeout,
      Duration keepaliveTimeout) {}

  /** Whether a location says {@code proxy_websocket tunnel}. */
  public boolean tunnels() {
    return servers.stream()
        .flatMap(ServerSettings::everyLocation)
        .anyMatch(
            location ->
                location.handler() instanceof LocationSettings.Handler.Proxy proxy
                    && proxy.settings().webSocket() == WebSocketMode.TUNNEL);
  }

  /** The server for a request, chosen as nginx does by address, port and Host. */
  public LocationMatch<ServerSettings> server(String localAddress, int localPort, String host) {
    return byAddress.find(localAddress, localPort, host);
  }
}
