package org.culvert.directive;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntConsumer;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.directive.SocketSettings.KeepAlive;
import org.jspecify.annotations.Nullable;

/** What stands behind the address of a {@code listen} (nginx, {@code ngx_http_core_listen}). */
final class ListenParameters {
  /** Those that the JVM or the container does as it thinks best. */
  private static final Set<String> WITHOUT_EFFECT = Set.of("bind", "deferred", "multipath");

  private final Directive directive;
  private boolean ssl;
  private boolean http2;
  private boolean proxyProtocol;
  private boolean isDefault;
  private boolean hasOptions;
  private int backlog = SocketSettings.DEFAULT_BACKLOG;
  private int receiveBuffer;
  private int sendBuffer;
  private boolean reusePort;
  private @Nullable KeepAlive keepAlive;

  ListenParameters(Directive directive) throws ConfigurationException {
    this.directive = directive;
    for (int i = 2; i <= directive.arity(); i++) {
      take(directive.arg(i));
    }
  }

  boolean ssl() {
    return ssl;
  }

  boolean http2() {
    return http2;
  }

  boolean proxyProtocol() {
    return proxyProtocol;
  }

  boolean isDefault() {
    return isDefault;
  }

  /** Whether one of them is the socket's, which only one {@code listen} of an address may have. */
  boolean hasOptions() {
    return hasOptions;
  }

  SocketSettings socket() {
    return new SocketSettings(backlog, receiveBuffer, sendBuffer, reusePort, keepAlive);
  }

  private void take(String word) throws ConfigurationException {
    switch (word) {
      case "ssl" -> ssl = true;
      case "http2" -> http2 = true;
      case "proxy_protocol" -> proxyProtocol = true;
      case "default_server", "default" -> isDefault = true;
      case "quic" -> throw directive.error("parameter \"quic\" of \"listen\" is not supported");
      default -> {
        option(word);
        hasOptions = true;
      }
    }
  }

  private void option(String word) throws ConfigurationException {
    int equals = word.indexOf('=');
    String value = word.substring(equals + 1);
    switch (word.substring(0, equals + 1)) {
      case "backlog=" -> number(word, value, "backlog", number -> backlog = number);
      case "fastopen=" -> number(word, value, "fastopen", queue -> {});
      case "rcvbuf=" -> receiveBuffer = size(word, value, "rcvbuf");
      case "sndbuf=" -> sendBuffer = size(word, value, "sndbuf");
      case "so_keepalive=" -> keepAlive = keepAlive(value);
      case "ipv6only=" -> checkIpv6Only(word, value);
      case "setfib=", "accept_filter=" -> {}
      default -> {
        if (word.equals("reuseport")) {
          reusePort = true;
        } else if (!WITHOUT_EFFECT.contains(word)) {
          throw Setter.invalidParameter(directive, word);
        }
      }
    }
  }

  private void number(String word, String value, String name, IntConsumer to)
      throws ConfigurationException {
    OptionalInt number = Units.number(value);
    if (number.isEmpty() || (number.getAsInt() == 0 && name.equals("backlog"))) {
      throw directive.error("invalid " + name + " \"" + word + "\"");
    }
    to.accept(number.getAsInt());
  }

  private int size(String word, String value, String name) throws ConfigurationException {
    OptionalLong size = Units.size(value);
    if (size.isEmpty()) {
      throw directive.error("invalid " + name + " \"" + word + "\"");
    }
    return (int) Math.min(size.getAsLong(), Integer.MAX_VALUE);
  }

  private void checkIpv6Only(String word, String value) throws ConfigurationException {
    if (!value.startsWith("o")) {
      throw Setter.invalidParameter(directive, word);
    }
    if (!value.equals("on") && !value.equals("off")) {
      throw directive.error("invalid ipv6only flags \"" + value + "\"");
    }
  }

  /** {@code on}, {@code off} or {@code [idle]:[interval]:[probes]}, of which one is given. */
  private KeepAlive keepAlive(String value) throws ConfigurationException {
    if (value.equals("on") || value.equals("off")) {
      return new KeepAlive(value.equals("on"), 0, 0, 0);
    }
    String[] parts = value.split(":", -1);
    if (parts.length == 3) {
      int idle = seconds(parts[0]);
      int interval = seconds(parts[1]);
      int probes = parts[2].isEmpty() ? 0 : Units.number(parts[2]).orElse(-1);
      if (idle >= 0 && interval >= 0 && probes >= 0 && idle + interval + probes > 0) {
        return new KeepAlive(true, idle, interval, probes);
      }
    }
    throw directive.error("invalid so_keepalive value: \"" + value + "\"");
  }

  private static int seconds(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    var time = Units.seconds(text);
    return time == null ? -1 : (int) Math.min(time.toSeconds(), Short.MAX_VALUE);
  }
}
