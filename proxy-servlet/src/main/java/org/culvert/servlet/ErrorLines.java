package org.culvert.servlet;

import java.util.Locale;
import org.culvert.http.GatewayFailure;
import org.culvert.http.IpAddresses;
import org.culvert.http.Octets;
import org.culvert.limit.Severity;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upstream.Attempts;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * The error log's lines on requests, in nginx's words: what happened, then client, server, request,
 * upstream and host. They go to the SLF4J logger {@code org.culvert.error}.
 */
final class ErrorLines {
  private static final Logger log = LoggerFactory.getLogger("org.culvert.error");

  private ErrorLines() {}

  /** A failure: the client's at info, as nginx has it, others at error. */
  static void log(GatewayFailure failure, Scope scope) {
    if (isInfo(failure)) {
      if (log.isInfoEnabled()) {
        log.info("*{} {}, {}", number(scope), message(failure), request(scope));
      }
    } else {
      log.error("*{} {}, {}", number(scope), message(failure), request(scope));
      if (failure.getCause() != null && log.isDebugEnabled()) {
        log.debug("its cause", failure.getCause());
      }
    }
  }

  /** What a limit has to say, at a level of nginx's that SLF4J may not have: its marker says it. */
  static void limit(Severity severity, String message, Scope scope) {
    String line = "*" + number(scope) + " " + printable(Octets.text(message));
    switch (severity) {
      case ALERT -> log.error(marker(severity), "{}, {}", line, request(scope));
      case ERROR -> log.error("{}, {}", line, request(scope));
      case WARN -> log.warn("{}, {}", line, request(scope));
      case NOTICE -> log.info(marker(severity), "{}, {}", line, request(scope));
      case INFO -> {
        if (log.isInfoEnabled()) {
          log.info("{}, {}", line, request(scope));
        }
      }
    }
  }

  private static Marker marker(Severity severity) {
    return MarkerFactory.getMarker(severity.name().toLowerCase(Locale.ROOT));
  }

  /** As nginx, which has too large a body at error. */
  private static boolean isInfo(GatewayFailure failure) {
    return failure.source() == GatewayFailure.Source.DOWNSTREAM
        && failure.kind() != GatewayFailure.Kind.BODY_TOO_LARGE;
  }

  /** A WebSocket or the like has ended: who closed it and why, and what passed. */
  static void upgradeEnded(String what, RelayEnd end, long millis, Scope scope) {
    if (log.isInfoEnabled()) {
      log.info(
          "*{} {} ended: {}, {} messages and {} bytes in, {} and {} out, {} ms, {}",
          number(scope),
          what,
          printable(end.cause()),
          end.messagesToBackend(),
          end.toBackend(),
          end.messagesToClient(),
          end.toClient(),
          millis,
          request(scope));
    }
  }

  /** A defect of Culvert's own, with its stack. */
  static void defect(RuntimeException defect, Scope scope) {
    log.error(
        "*{} internal error: {}, {}",
        number(scope),
        String.valueOf(defect),
        request(scope),
        defect);
  }

  private static long number(Scope scope) {
    return scope.get(RequestFacts.class).connection().id();
  }

  /** It may quote what a client escaped: "%0a" in a path. */
  private static String message(GatewayFailure failure) {
    return printable(String.valueOf(failure.getMessage()));
  }

  private static String request(Scope scope) {
    RequestFacts facts = scope.get(RequestFacts.class);
    StringBuilder line = new StringBuilder(160);
    line.append("client: ").append(IpAddresses.text(facts.client()));
    line.append(", server: ").append(facts.serverName());
    line.append(", request: \"").append(facts.requestLine()).append('"');
    Attempts attempts = scope.find(Attempts.class);
    String upstream = attempts == null ? null : attempts.url();
    if (upstream != null) {
      line.append(", upstream: \"").append(upstream).append('"');
    }
    String host = facts.head().fields().first("Host");
    if (host != null) {
      line.append(", host: \"").append(host).append('"');
    }
    return printable(Octets.text(line.toString()));
  }

  /** A client's bytes must not make lines of their own. */
  private static String printable(String line) {
    StringBuilder safe = null;
    for (int i = 0; i < line.length(); i++) {
      if (Character.isISOControl(line.charAt(i))) {
        safe = safe == null ? new StringBuilder(line) : safe;
        safe.setCharAt(i, '?');
      }
    }
    return safe == null ? line : safe.toString();
  }
}
