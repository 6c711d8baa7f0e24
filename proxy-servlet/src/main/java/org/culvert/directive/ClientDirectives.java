package org.culvert.directive;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.directive.Setter.Buffers;
import org.culvert.rewrite.ServerTokens;

/** nginx's core module, as far as it concerns a client's connection and head. */
final class ClientDirectives {
  private static final Setting<Boolean> MERGE_SLASHES = new Setting<>("merge_slashes");
  private static final Setting<Boolean> IGNORE_INVALID = new Setting<>("ignore_invalid_headers");
  private static final Setting<Boolean> UNDERSCORES = new Setting<>("underscores_in_headers");
  private static final Setting<Integer> MAX_HEADERS = new Setting<>("max_headers");
  private static final Setting<Long> BUFFER = new Setting<>("client_header_buffer_size");
  private static final Setting<Buffers> LARGE_BUFFERS =
      new Setting<>("large_client_header_buffers");

  private static final Setting<Duration> KEEPALIVE = new Setting<>("keepalive_timeout");

  /** The second value, which a level without one inherits by itself. */
  private static final Setting<Integer> KEEPALIVE_HEADER = new Setting<>("keepalive header");

  private static final Setting<Integer> REQUESTS = new Setting<>("keepalive_requests");
  private static final Setting<Duration> TIME = new Setting<>("keepalive_time");
  private static final Setting<Duration> MINIMUM = new Setting<>("keepalive_min_timeout");
  private static final Setting<Set<Browser>> DISABLE = new Setting<>("keepalive_disable");
  private static final Setting<Duration> BODY_TIMEOUT = new Setting<>("client_body_timeout");
  private static final Setting<Boolean> RESET = new Setting<>("reset_timedout_connection");

  private static final Setting<ServerTokens> TOKENS = new Setting<>("server_tokens");
  private static final Setting<Boolean> CHUNKS = new Setting<>("chunked_transfer_encoding");

  private enum Browser {
    NONE,
    MSIE6,
    SAFARI
  }

  private ClientDirectives() {}

  static void define(DirectiveTable table) {
    table.define("merge_slashes", Setter.flag(MERGE_SLASHES));
    table.define("ignore_invalid_headers", Setter.flag(IGNORE_INVALID));
    table.define("underscores_in_headers", Setter.flag(UNDERSCORES));
    table.define("max_headers", Setter.number(MAX_HEADERS));
    table.define("client_header_buffer_size", Setter.size(BUFFER));
    table.define("large_client_header_buffers", Setter.buffers(LARGE_BUFFERS));
    table.define("keepalive_timeout", ClientDirectives::keepalive);
    table.define("keepalive_requests", Setter.number(REQUESTS));
    table.define("keepalive_time", Setter.time(TIME));
    table.define("keepalive_min_timeout", Setter.time(MINIMUM));
    table.define("keepalive_disable", ClientDirectives::disable);
    table.define("client_body_timeout", Setter.time(BODY_TIMEOUT));
    table.define("reset_timedout_connection", Setter.flag(RESET));
    table.define("chunked_transfer_encoding", Setter.flag(CHUNKS));
    table.define(
        "server_tokens",
        Setter.choice(
            TOKENS,
            Map.of("on", ServerTokens.ON, "off", ServerTokens.OFF, "build", ServerTokens.BUILD)));
  }

  static HeadSettings head(Level level) {
    HeadSettings byDefault = HeadSettings.DEFAULT;
    Buffers large =
        level.get(
            LARGE_BUFFERS, new Buffers(byDefault.largeBuffers(), byDefault.largeBufferSize()));
    return new HeadSettings(
        level.get(MERGE_SLASHES, byDefault.mergeSlashes()),
        level.get(IGNORE_INVALID, byDefault.ignoreInvalid()),
        level.get(UNDERSCORES, byDefault.underscores()),
        level.get(MAX_HEADERS, byDefault.maxFields()),
        toInt(level.get(BUFFER, (long) byDefault.bufferSize())),
        large.number(),
        toInt(large.size()));
  }

  static ClientSettings client(Level level) {
    ClientSettings byDefault = ClientSettings.DEFAULT;
    Set<Browser> disabled = level.get(DISABLE, EnumSet.of(Browser.MSIE6));
    return new ClientSettings(
        level.get(BODY_TIMEOUT, byDefault.bodyTimeout()),
        level.get(RESET, byDefault.resetTimedOut()),
        level.get(KEEPALIVE, byDefault.keepalive()),
        level.get(KEEPALIVE_HEADER, byDefault.keepaliveHeader()),
        level.get(REQUESTS, byDefault.keepaliveRequests()),
        level.get(TIME, byDefault.keepaliveTime()),
        level.get(MINIMUM, byDefault.keepaliveMinimum()),
        disabled.contains(Browser.MSIE6),
        disabled.contains(Browser.SAFARI),
        level.get(TOKENS, byDefault.tokens()),
        level.get(CHUNKS, byDefault.chunks()));
  }

  private static int toInt(long size) {
    return (int) Math.min(size, 1 << 30);
  }

  private static void keepalive(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(KEEPALIVE, directive);
    Duration time = Units.milliseconds(directive.arg(1));
    Duration header = directive.arity() == 2 ? Units.seconds(directive.arg(2)) : Duration.ZERO;
    if (time == null || header == null) {
      throw Setter.invalidValue(directive);
    }
    level.put(KEEPALIVE, time);
    if (directive.arity() == 2) {
      level.put(KEEPALIVE_HEADER, toInt(header.toSeconds()));
    }
  }

  private static void disable(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(DISABLE, directive);
    Set<Browser> browsers = EnumSet.noneOf(Browser.class);
    for (int i = 1; i <= directive.arity(); i++) {
      String name = directive.arg(i);
      if (!Set.of("none", "msie6", "safari").contains(name)) {
        throw directive.error("invalid value \"" + name + "\"");
      }
      Browser browser = Browser.valueOf(name.toUpperCase(Locale.ROOT));
      if (!browsers.add(browser)) {
        reading.warnings().warn("duplicate value \"" + name + "\" in " + directive.position());
      }
    }
    level.put(DISABLE, browsers);
  }
}
