package org.culvert.directive;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.upstream.PeerSettings;
import org.culvert.upstream.UpstreamSettings;

/** {@code upstream} and what stands in it. */
final class UpstreamDirectives {
  private static final Setting<List<PeerSettings>> PEERS = new Setting<>("server");
  private static final Setting<Integer> KEEPALIVE = new Setting<>("keepalive");
  private static final int DEFAULT_PORT = 80;

  private UpstreamDirectives() {}

  static void define(DirectiveTable table) {
    table.define("upstream", UpstreamDirectives::upstream);
    table.define("server", Context.UPSTREAM, UpstreamDirectives::server);
    table.define("keepalive", UpstreamDirectives::keepalive);
  }

  private static void upstream(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String name = directive.arg(1);
    if (reading.upstreams().find(name) != null) {
      throw directive.error("duplicate upstream \"" + name + "\"");
    }
    Level block = level.nested(Context.UPSTREAM, directive);
    reading.block(directive, block);
    List<PeerSettings> peers = block.own(PEERS);
    if (peers == null) {
      throw new ConfigurationException(
          "no servers are inside upstream", Reading.contents(directive).end());
    }
    if (peers.stream().allMatch(PeerSettings::backup)) {
      throw directive.error("no servers in upstream \"" + name + "\"");
    }
    int keepalive = block.get(KEEPALIVE, UpstreamTable.DEFAULT_KEEPALIVE);
    boolean isNew =
        reading.upstreams().add(new UpstreamSettings(name, List.copyOf(peers), keepalive));
    assert isNew;
  }

  private static void server(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    String url = directive.arg(1);
    int weight = 1;
    int maxFails = 1;
    Duration failTimeout = Duration.ofSeconds(10);
    boolean backup = false;
    boolean down = false;
    for (int i = 2; i <= directive.arity(); i++) {
      String word = directive.arg(i);
      String value = word.substring(word.indexOf('=') + 1);
      if (word.startsWith("weight=")) {
        weight = number(directive, word, value, 1);
      } else if (word.startsWith("max_fails=")) {
        maxFails = number(directive, word, value, 0);
      } else if (word.startsWith("fail_timeout=")) {
        Duration time = Units.seconds(value);
        if (time == null) {
          throw Setter.invalidParameter(directive, word);
        }
        failTimeout = time;
      } else if (word.equals("backup")) {
        backup = true;
      } else if (word.equals("down")) {
        down = true;
      } else {
        throw unknown(directive, word);
      }
    }
    String what = "in upstream \"" + url + "\"";
    HostPort target = HostPort.peer(url, DEFAULT_PORT, false, directive, what);
    String name = target.text();
    for (SocketAddress address : reading.upstreams().peers(target, directive, what)) {
      level.add(
          PEERS, new PeerSettings(address, name, weight, maxFails, failTimeout, backup, down));
    }
  }

  private static int number(Directive directive, String word, String value, int least)
      throws ConfigurationException {
    OptionalInt number = Units.number(value);
    if (number.isEmpty() || number.getAsInt() < least) {
      throw Setter.invalidParameter(directive, word);
    }
    return number.getAsInt();
  }

  /** Parameters that nginx knows are refused by name, as directives are. */
  private static ConfigurationException unknown(Directive directive, String word) {
    String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
    List<String> known = List.of("max_conns", "slow_start", "resolve", "service", "route", "drain");
    return known.contains(name)
        ? directive.error("parameter \"" + word + "\" of \"server\" is not supported")
        : Setter.invalidParameter(directive, word);
  }

  private static void keepalive(Directive directive, Level level, Reading reading)
      throws ConfigurationException {
    level.requireUnset(KEEPALIVE, directive);
    OptionalInt number = Units.number(directive.arg(1));
    if (number.isEmpty()) {
      throw directive.error(
          "invalid value \"" + directive.arg(1) + "\" in \"keepalive\" directive");
    }
    List<String> rest = new ArrayList<>();
    directive.args().forEach(word -> rest.add(word.text()));
    if (rest.size() == 2 && !rest.get(1).equals("local")) {
      throw Setter.invalidParameter(directive, rest.get(1));
    }
    level.put(KEEPALIVE, number.getAsInt());
  }
}
