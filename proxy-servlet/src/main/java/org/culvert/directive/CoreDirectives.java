package org.culvert.directive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.rewrite.ErrorPage;
import org.culvert.rewrite.Redirects;
import org.culvert.variable.Template;

/** nginx's core module, as far as it concerns one location: bodies, time-outs, error pages. */
final class CoreDirectives {
  private static final Setting<Duration> HEADER_TIMEOUT = new Setting<>("client_header_timeout");
  private static final Setting<Long> MAX_BODY_SIZE = new Setting<>("client_max_body_size");
  private static final Setting<Long> BODY_BUFFER_SIZE = new Setting<>("client_body_buffer_size");
  private static final Setting<Duration> SEND_TIMEOUT = new Setting<>("send_timeout");
  private static final Setting<List<ErrorPage>> ERROR_PAGES = new Setting<>("error_page");
  private static final Setting<Boolean> RECURSIVE = new Setting<>("recursive_error_pages");
  private static final Setting<Boolean> ABSOLUTE = new Setting<>("absolute_redirect");
  private static final Setting<Boolean> WITH_PORT = new Setting<>("port_in_redirect");
  private static final Setting<Boolean> SERVER_NAME = new Setting<>("server_name_in_redirect");

  private static final long DEFAULT_MAX_BODY_SIZE = 1024 * 1024;
  private static final long DEFAULT_BODY_BUFFER_SIZE = 16 * 1024;
  private static final Duration DEFAULT_HEADER_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration DEFAULT_SEND_TIMEOUT = Duration.ofSeconds(60);

  private CoreDirectives() {}

  static void define(DirectiveTable table) {
    table.define("client_max_body_size", Setter.size(MAX_BODY_SIZE));
    table.define("client_body_buffer_size", Setter.size(BODY_BUFFER_SIZE));
    table.define("client_header_timeout", Setter.time(HEADER_TIMEOUT));
    table.define("send_timeout", Setter.time(SEND_TIMEOUT));
    table.define("error_page", CoreDirectives::errorPage);
    table.define("recursive_error_pages", Setter.flag(RECURSIVE));
    table.define("absolute_redirect", Setter.flag(ABSOLUTE));
    table.define("port_in_redirect", Setter.flag(WITH_PORT));
    table.define("server_name_in_redirect", Setter.flag(SERVER_NAME));
  }

  static long maxBodySize(Level level) {
    return level.get(MAX_BODY_SIZE, DEFAULT_MAX_BODY_SIZE);
  }

  static int bodyBufferSize(Level level) {
    return (int) Math.min(level.get(BODY_BUFFER_SIZE, DEFAULT_BODY_BUFFER_SIZE), 1 << 30);
  }

  static Duration headerTimeout(Level level) {
    return level.get(HEADER_TIMEOUT, DEFAULT_HEADER_TIMEOUT);
  }

  static Duration sendTimeout(Level level) {
    return level.get(SEND_TIMEOUT, DEFAULT_SEND_TIMEOUT);
  }

  static List<ErrorPage> errorPages(Level level) {
    return List.copyOf(level.get(ERROR_PAGES, List.of()));
  }

  static boolean recursiveErrorPages(Level level) {
    return level.get(RECURSIVE, false);
  }

  static Redirects redirects(Level level) {
    return new Redirects(
        level.get(ABSOLUTE, true), level.get(WITH_PORT, true), level.get(SERVER_NAME, false));
  }

  private static void errorPage(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    int last = directive.arity();
    Template uri = reading.template(directive, last);
    int codes = last - 1;
    int response = -1;
    String middle = directive.arg(codes);
    if (middle.startsWith("=")) {
      OptionalInt number = Units.number(middle.substring(1));
      if (codes == 1 || (middle.length() > 1 && number.isEmpty())) {
        throw directive.error("invalid value \"" + middle + "\"");
      }
      response = number.orElse(0);
      codes--;
    }
    Set<Integer> statuses = new LinkedHashSet<>();
    for (int i = 1; i <= codes; i++) {
      statuses.add(status(directive, directive.arg(i)));
    }
    for (ErrorPage page : expand(statuses, response, uri)) {
      level.add(ERROR_PAGES, page);
    }
  }

  private static int status(Directive directive, String text) throws ConfigurationException {
    OptionalInt status = Units.number(text);
    if (status.isEmpty() || status.getAsInt() == 499) {
      throw directive.error("invalid value \"" + text + "\"");
    }
    if (status.getAsInt() < 300 || status.getAsInt() > 599) {
      throw directive.error("value \"" + text + "\" must be between 300 and 599");
    }
    return status.getAsInt();
  }

  /** nginx's own codes for broken TLS and too large heads go out as 400. */
  private static List<ErrorPage> expand(Set<Integer> statuses, int response, Template uri) {
    Set<Integer> own = new LinkedHashSet<>(statuses);
    own.retainAll(Set.of(494, 495, 496, 497));
    if (response != -1 || own.isEmpty()) {
      return List.of(new ErrorPage(Set.copyOf(statuses), response, uri));
    }
    List<ErrorPage> pages = new ArrayList<>();
    pages.add(new ErrorPage(Set.copyOf(own), 400, uri));
    statuses.removeAll(own);
    if (!statuses.isEmpty()) {
      pages.add(new ErrorPage(Set.copyOf(statuses), response, uri));
    }
    return pages;
  }
}
