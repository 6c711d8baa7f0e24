package org.culvert.resolver;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.culvert.resolver.DnsMessage.Answer;

/**
 * All questions about one name, of IPv4 and IPv6, and all who wait for what they come to. The
 * loop's thread alone.
 */
final class Lookup {
  /** How often one name may lead to another. */
  private static final int MOST_ALIASES = 16;

  private final DnsLoop loop;
  private final ResolverSettings settings;
  private final int first;
  private final Consumer<Lookup> ended;
  private final Map<Consumer<Resolution>, DnsLoop.Timer> waiting = new LinkedHashMap<>();
  private final Map<Integer, DnsQuestion> open = new TreeMap<>();
  private final Map<Integer, List<InetAddress>> found = new TreeMap<>();
  private int aliases;
  private int rcode;
  private long ttl = Integer.MAX_VALUE;

  /**
   * A lookup that nobody waits for.
   *
   * @param first which of the servers is asked first
   * @param ended told when it is over, before those who wait
   */
  Lookup(DnsLoop loop, ResolverSettings settings, int first, Consumer<Lookup> ended) {
    this.loop = loop;
    this.settings = settings;
    this.first = first;
    this.ended = ended;
  }

  /** Asks. */
  void start(String name) {
    if (settings.ipv4()) {
      ask(name, DnsMessage.A);
    }
    if (settings.ipv6()) {
      ask(name, DnsMessage.AAAA);
    }
  }

  private void ask(String name, int type) {
    DnsQuestion question =
        new DnsQuestion(
            loop, settings.servers(), first, name, type, answer -> answered(type, answer));
    open.put(type, question);
    question.start();
  }

  /** Somebody waits, so long at most. */
  void await(Duration timeout, Consumer<Resolution> listener) {
    waiting.put(listener, loop.after(timeout, () -> late(listener)));
  }

  private void late(Consumer<Resolution> listener) {
    waiting.remove(listener);
    if (waiting.isEmpty()) {
      open.values().forEach(DnsQuestion::cancel);
      open.clear();
      found.clear(); // A half is no answer.
      rcode = Resolution.TIMED_OUT;
      ended.accept(this);
    }
    listener.accept(Resolution.failed(Resolution.TIMED_OUT));
  }

  private void answered(int type, Answer answer) {
    open.remove(type);
    ttl = Math.min(ttl, answer.ttl());
    String alias = answer.alias();
    if (alias != null && aliases++ < MOST_ALIASES && DnsMessage.isName(alias)) {
      ask(alias, type);
      return;
    }
    if (answer.rcode() != 0) {
      rcode = answer.rcode();
    }
    found.put(type, answer.addresses());
    if (open.isEmpty()) {
      finish();
    }
  }

  private void finish() {
    ended.accept(this);
    Resolution resolution = resolution();
    List<Consumer<Resolution>> listeners = new ArrayList<>(waiting.keySet());
    waiting.values().forEach(DnsLoop.Timer::cancel);
    waiting.clear();
    listeners.forEach(listener -> listener.accept(resolution));
  }

  /** What it has come to; those of IPv4 first, whose number is the lower. */
  Resolution resolution() {
    List<InetAddress> all = new ArrayList<>();
    found.values().forEach(all::addAll);
    if (!all.isEmpty()) {
      return Resolution.of(List.copyOf(all));
    }
    return Resolution.failed(rcode != 0 ? rcode : Resolution.NOT_FOUND);
  }

  /** Seconds for which the answers may be kept. */
  long ttl() {
    return ttl;
  }
}
