package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.culvert.content.StaticSettings;
import org.culvert.directive.LocationSettings.Handler;
import org.culvert.exchange.ProxyPass;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.BodyBuffering;
import org.culvert.exchange.ProxySettings.InFileOnly;
import org.culvert.exchange.ProxySettings.NextUpstream;
import org.culvert.exchange.ProxySettings.RequestRules;
import org.culvert.exchange.ProxySettings.ResponseRules;
import org.culvert.exchange.ProxySettings.Rewrite;
import org.culvert.exchange.ProxySettings.Timeouts;
import org.culvert.exchange.TempFolder;
import org.culvert.http.Octets;
import org.culvert.http.SocketAddresses;
import org.culvert.location.LocationMatch;
import org.culvert.rewrite.Return;
import org.culvert.rewrite.RewriteStep;
import org.culvert.rewrite.SetVariable;
import org.culvert.upstream.PeerSettings;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.Template;

/** Settings told in lines, for golden files; what has its default is left out. */
final class Narration {
  private final List<String> lines = new ArrayList<>();

  private Narration() {}

  /** The configuration as a whole, then the answer to each question of the golden file. */
  static String of(Configuration configuration, String golden) {
    Narration narration = new Narration();
    narration.whole(configuration);
    for (String line : golden.split("\n")) {
      if (line.startsWith("> ")) {
        narration.lines.add(line);
        String[] question = line.split(" ");
        narration.answer(
            configuration.server(
                question[1], Integer.parseInt(question[2]), question[3].replace("-", "")),
            question[4]);
      }
    }
    return String.join("\n", narration.lines) + "\n";
  }

  private void say(String text) {
    lines.add(Octets.text(text).stripTrailing());
  }

  private void unless(boolean isDefault, String text) {
    if (!isDefault) {
      say("  " + text);
    }
  }

  private void whole(Configuration configuration) {
    Configuration.ProcessSettings process = configuration.process();
    say(
        "process pid="
            + process.pid()
            + " error_log="
            + process.errorLog()
            + " "
            + process.errorLogLevel()
            + " daemon="
            + process.daemon()
            + " shutdown="
            + process.shutdownTimeout()
            + " keepalive="
            + process.keepaliveTimeout());
    say("files " + String.join(" ", configuration.files().keySet()));
    for (UpstreamSettings upstream : configuration.upstreams()) {
      say("upstream " + upstream.name() + " keepalive=" + upstream.keepalive());
      for (PeerSettings peer : upstream.peers()) {
        say("  " + peer(peer));
      }
    }
    for (ServerSettings server : configuration.servers()) {
      say("server " + server.names() + (server.tls() == null ? "" : " " + server.tls()));
      for (ListenSettings listen : server.listens()) {
        say(
            "  listen "
                + (listen.host() == null ? "*" : listen.host())
                + " "
                + listen.port()
                + (listen.ssl() ? " ssl" : "")
                + (listen.http2() ? " http2" : "")
                + (listen.defaultServer() ? " default" : ""));
      }
    }
  }

  private static String peer(PeerSettings peer) {
    return SocketAddresses.text(peer.address())
        + " of "
        + peer.server()
        + " weight="
        + peer.weight()
        + " max_fails="
        + peer.maxFails()
        + " fail_timeout="
        + peer.failTimeout()
        + (peer.backup() ? " backup" : "")
        + (peer.down() ? " down" : "");
  }

  private void answer(LocationMatch<ServerSettings> match, String path) {
    ServerSettings server = match.found();
    LocationMatch<LocationSettings> found =
        path.startsWith("@") ? null : server.locations().find(path);
    LocationSettings location =
        path.startsWith("@")
            ? server.locations().named(path)
            : found == null ? server.fallback() : found.found();
    say(
        "  server "
            + server.names()
            + (match.captures() == null ? "" : " captured " + match.captures().group()));
    steps("  ", "server ", server.steps());
    if (location == null) {
      say("  no location");
      return;
    }
    if (found != null && found.slashTo() != null) {
      say("  redirect to " + found.slashTo());
      return;
    }
    String captured = found == null || found.captures() == null ? "" : found.captures().group();
    say(
        "  location "
            + (location.name().isEmpty() ? "(none)" : location.name())
            + (captured.isEmpty() ? "" : " captured " + captured)
            + (location.captureNames().isEmpty()
                ? ""
                : " names " + new TreeMap<>(location.captureNames())));
    steps("  ", "", location.steps());
    common(location);
    handler(location);
  }

  private void steps(String indent, String who, List<RewriteStep> steps) {
    for (RewriteStep step : steps) {
      if (step instanceof SetVariable set) {
        String verb = who.isEmpty() ? "set " : "sets ";
        say(indent + who + verb + set.slot() + " " + set.value().source());
      } else if (step instanceof Return end) {
        Template text = end.text();
        say(indent + who + "return " + end.status() + (text == null ? "" : " " + text.source()));
        return;
      } else if (step instanceof RewriteStep.If test) {
        say(indent + who + "if " + test.condition() + " branch " + test.branch());
        steps(indent + "  ", who, test.steps());
      } else {
        say(indent + who + step);
      }
    }
  }

  private void common(LocationSettings location) {
    location
        .errorPages()
        .forEach(
            page ->
                say(
                    "  error_page "
                        + new TreeSet<>(page.codes())
                        + " ="
                        + page.response()
                        + " "
                        + page.uri().source()));
    location
        .addHeaders()
        .forEach(
            header ->
                say(
                    "  add_header "
                        + header.name()
                        + ": "
                        + header.value().source()
                        + (header.always() ? " always" : "")));
    unless(location.maxBodySize() == 1 << 20, "max body " + location.maxBodySize());
    unless(location.sendTimeout().toSeconds() == 60, "send timeout " + location.sendTimeout());
    location
        .accessLogs()
        .forEach(
            log ->
                say(
                    "  log "
                        + log.path()
                        + " "
                        + log.format().source().split(" ")[0]
                        + (log.condition() == null ? "" : " if " + log.condition().source())));
  }

  private void handler(LocationSettings location) {
    Handler handler = location.handler();
    if (handler instanceof Handler.Proxy proxy) {
      proxy(proxy.settings());
    } else if (handler instanceof Handler.Static) {
      StaticSettings settings = location.files();
      say(
          "  "
              + (settings.alias() ? "alias " : "root ")
              + settings.path().source()
              + (settings.alias() ? " for " + settings.prefix() : "")
              + " index "
              + settings.index()
              + " types "
              + settings.types().byExtension().size()
              + " else "
              + settings.types().fallback());
    } else {
      say("  the application");
    }
  }

  private void proxy(ProxySettings proxy) {
    if (proxy.pass() instanceof ProxyPass.Fixed fixed) {
      say(
          "  proxy "
              + fixed.scheme()
              + " "
              + fixed.host()
              + " port "
              + fixed.port()
              + " upstream "
              + fixed.upstream().name()
              + " uri "
              + fixed.uri()
              + " for \""
              + fixed.prefix()
              + "\"");
    } else {
      say("  proxy " + ((ProxyPass.Variable) proxy.pass()).url().source());
    }
    request(proxy.request());
    response(proxy.response());
    Timeouts timeouts = proxy.timeouts();
    unless(
        timeouts.toString().equals("Timeouts[connect=PT1M, send=PT1M, read=PT1M]"),
        timeouts.toString());
    unless(
        !proxy.tls().serverName() && proxy.tls().name() == null && !proxy.tls().verify(),
        proxy.tls().toString());
    NextUpstream next = proxy.nextUpstream();
    unless(
        next.error() && next.timeout() && !next.invalidHeader() && next.statuses().isEmpty(),
        next.toString()
            .replaceAll("statuses=\\[[^]]*]", "statuses=" + new TreeSet<>(next.statuses())));
    unless(proxy.webSocket() == ProxySettings.WebSocketMode.BY_HEADERS, "" + proxy.webSocket());
    unless(
        proxy.upgradeProtocols().equals(ProxySettings.WEBSOCKET_ALONE),
        "upgrade to " + new TreeSet<>(proxy.upgradeProtocols()));
    unless(!proxy.ignoreClientAbort(), "ignore client abort");
  }

  private void request(RequestRules rules) {
    rules
        .setHeaders()
        .forEach(header -> say("  set_header " + header.name() + ": " + header.value().source()));
    unless(rules.httpVersion().equals("1.1"), "http " + rules.httpVersion());
    unless(rules.method() == null, "method " + rules.method());
    unless(rules.body() == null, "body " + rules.body());
    unless(rules.passHeaders(), "no request headers");
    unless(rules.passBody(), "no request body");
    unless(rules.buffering(), "request not buffered");
    BodyBuffering body = rules.bodyBuffering();
    unless(body.size() == 16384, "body buffer " + body.size());
    unless(body.inFileOnly() == InFileOnly.OFF, "body in file only: " + body.inFileOnly());
    unless(body.folder().equals(TempFolder.SYSTEM), "body folder " + body.folder());
  }

  private void response(ResponseRules rules) {
    unless(
        rules.hide().equals(ProxyResponseDirectives.HIDDEN), "hide " + new TreeSet<>(rules.hide()));
    unless(rules.ignore().isEmpty(), "ignore " + new TreeSet<>(rules.ignore()));
    rules.redirects().forEach(rule -> say("  redirect " + rewrite(rule)));
    rules.cookieDomains().forEach(rule -> say("  cookie domain " + rewrite(rule)));
    rules.cookiePaths().forEach(rule -> say("  cookie path " + rewrite(rule)));
    unless(rules.buffering(), "response not buffered");
    unless(rules.bufferSize() == 32768, "buffer " + rules.bufferSize());
    unless(!rules.interceptErrors(), "errors intercepted");
  }

  private static String rewrite(Rewrite rule) {
    if (rule instanceof Rewrite.Prefix prefix) {
      return prefix.match().source() + " -> " + prefix.replacement().source();
    }
    Rewrite.Pattern pattern = (Rewrite.Pattern) rule;
    return "~" + pattern.match().pattern() + " -> " + pattern.replacement().source();
  }
}
