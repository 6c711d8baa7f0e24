package org.culvert.directive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.exchange.ProxySettings.RequestRules;
import org.culvert.exchange.ProxySettings.SetHeader;
import org.culvert.exchange.ProxySettings.Timeouts;
import org.culvert.variable.Template;

/** What is done to a request on its way upstream, and how long to wait. */
final class ProxyRequestDirectives {
  private static final Setting<String> HTTP_VERSION = new Setting<>("proxy_http_version");
  private static final Setting<Template> METHOD = new Setting<>("proxy_method");
  private static final Setting<Template> BODY = new Setting<>("proxy_set_body");
  private static final Setting<List<SetHeader>> SET_HEADER = new Setting<>("proxy_set_header");
  private static final Setting<Boolean> PASS_HEADERS = new Setting<>("proxy_pass_request_headers");
  private static final Setting<Boolean> PASS_BODY = new Setting<>("proxy_pass_request_body");
  private static final Setting<Boolean> BUFFERING = new Setting<>("proxy_request_buffering");
  private static final Setting<Duration> CONNECT = new Setting<>("proxy_connect_timeout");
  private static final Setting<Duration> SEND = new Setting<>("proxy_send_timeout");
  private static final Setting<Duration> READ = new Setting<>("proxy_read_timeout");
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  private ProxyRequestDirectives() {}

  static void define(DirectiveTable table) {
    table.define(
        "proxy_http_version", Setter.choice(HTTP_VERSION, Map.of("1.0", "1.0", "1.1", "1.1")));
    table.define("proxy_method", Setter.template(METHOD));
    table.define("proxy_set_body", Setter.template(BODY));
    table.define("proxy_set_header", ProxyRequestDirectives::setHeader);
    table.define("proxy_pass_request_headers", Setter.flag(PASS_HEADERS));
    table.define("proxy_pass_request_body", Setter.flag(PASS_BODY));
    table.define("proxy_request_buffering", Setter.flag(BUFFERING));
    table.define("proxy_connect_timeout", Setter.time(CONNECT));
    table.define("proxy_send_timeout", Setter.time(SEND));
    table.define("proxy_read_timeout", Setter.time(READ));
  }

  private static void setHeader(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.add(SET_HEADER, new SetHeader(directive.arg(1), reading.template(directive, 2)));
  }

  static RequestRules rules(Level level, Reading reading) throws ConfigurationException {
    return new RequestRules(
        level.get(HTTP_VERSION, "1.1"),
        level.find(METHOD),
        level.find(BODY),
        headers(level, reading),
        level.get(PASS_HEADERS, true),
        level.get(PASS_BODY, true),
        level.get(BUFFERING, true),
        RequestBodyDirectives.settings(level));
  }

  /** nginx's defaults first, where the location does not name them. */
  private static List<SetHeader> headers(Level level, Reading reading)
      throws ConfigurationException {
    List<SetHeader> named = level.get(SET_HEADER, List.of());
    List<SetHeader> headers = new ArrayList<>();
    for (SetHeader initial :
        List.of(
            new SetHeader("Host", reading.template("$proxy_host")),
            new SetHeader("Connection", Template.constant("")))) {
      if (named.stream().noneMatch(header -> header.name().equalsIgnoreCase(initial.name()))) {
        headers.add(initial);
      }
    }
    headers.addAll(named);
    return List.copyOf(headers);
  }

  static Timeouts timeouts(Level level) {
    return new Timeouts(
        level.get(CONNECT, DEFAULT_TIMEOUT),
        level.get(SEND, DEFAULT_TIMEOUT),
        level.get(READ, DEFAULT_TIMEOUT));
  }
}
