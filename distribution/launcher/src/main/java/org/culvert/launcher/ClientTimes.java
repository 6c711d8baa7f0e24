package org.culvert.launcher;

import java.time.Duration;
import java.util.Comparator;
import org.culvert.directive.Configuration;
import org.culvert.directive.HeadSettings;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;

/**
 * How long a client's connection may be silent.
 *
 * @param keepalive {@code keepalive_timeout}: between two requests
 * @param head {@code client_header_timeout}: for a whole head, however its bytes come
 * @param idle during a request, with nothing read and nothing written. The {@code send_timeout} of
 *     its location is the proxy's to keep; Jetty, which knows one time for both ways and all
 *     locations, must not be faster.
 * @param limits what a head may be: those of the address's default server
 */
record ClientTimes(Duration keepalive, Duration head, Duration idle, HeadSettings limits) {
  /** nginx's {@code client_body_timeout}. */
  static final Duration IDLE = Duration.ofSeconds(60);

  /** Those of a socket in a configuration. */
  static ClientTimes of(Configuration configuration, Binding binding) {
    ServerSettings byDefault =
        configuration.server(binding.localAddress(), binding.port(), "").found();
    return new ClientTimes(
        configuration.process().keepaliveTimeout(),
        byDefault.headerTimeout(),
        idle(configuration),
        byDefault.head());
  }

  /** The silence during requests to any of a configuration's locations. */
  static Duration idle(Configuration configuration) {
    return configuration.servers().stream()
        .flatMap(ServerSettings::everyLocation)
        .map(LocationSettings::sendTimeout)
        .filter(time -> time.compareTo(IDLE) > 0)
        .max(Comparator.naturalOrder())
        .orElse(IDLE);
  }
}
