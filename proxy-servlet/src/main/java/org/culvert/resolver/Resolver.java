package org.culvert.resolver;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One {@code resolver} at work: looks names up, whoever asks for the same name meanwhile waits for
 * the same answer, and keeps what it found, a bounded number of names, for as long as {@code valid}
 * or the answers say. What failed is not kept. Thread-safe; nobody waits.
 */
public final class Resolver {
  /** Names may come from clients: the one that was asked for the longest ago is forgotten. */
  private static final int MOST_NAMES = 1024;

  /** Lookups at once: each has a socket or two. */
  private static final int MOST_LOOKUPS = 512;

  private record Kept(Resolution resolution, long until) {}

  private static final class Cache extends LinkedHashMap<String, Kept> {
    private static final long serialVersionUID = 1L;

    Cache() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
      return size() > MOST_NAMES;
    }
  }

  private final DnsLoop loop;
  private final ResolverSettings settings;
  private final Executor listeners;
  private final LongSupplier seconds;
  private final Map<String, Kept> cache = new Cache();

  /** The loop's thread alone. */
  private final Map<String, Lookup> open = new HashMap<>();

  private int turn;

  /**
   * A resolver that knows nothing yet.
   *
   * @param listeners runs what is told of a lookup that was waited for
   */
  public Resolver(DnsLoop loop, ResolverSettings settings, Executor listeners) {
    this(loop, settings, listeners, () -> System.nanoTime() / 1_000_000_000);
  }

  Resolver(DnsLoop loop, ResolverSettings settings, Executor listeners, LongSupplier seconds) {
    this.loop = loop;
    this.settings = settings;
    this.listeners = listeners;
    this.seconds = seconds;
  }

  /**
   * Looks a name up.
   *
   * @param timeout how long the listener is kept waiting at most ({@code resolver_timeout})
   * @param listener told once: at once where the answer is known
   */
  public void resolve(String name, Duration timeout, Consumer<Resolution> listener) {
    String dotless = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    String key = dotless.toLowerCase(Locale.ROOT);
    if (!DnsMessage.isName(key)) {
      listener.accept(Resolution.failed(Resolution.NOT_FOUND));
      return;
    }
    Resolution known = known(key);
    if (known != null) {
      listener.accept(known);
      return;
    }
    Consumer<Resolution> elsewhere = resolution -> tell(listener, resolution);
    try {
      loop.execute(() -> look(key, timeout, elsewhere));
    } catch (UncheckedIOException e) {
      listener.accept(Resolution.failed());
    }
  }

  private @Nullable Resolution known(String name) {
    synchronized (cache) {
      Kept kept = cache.get(name);
      if (kept == null || seconds.getAsLong() <= kept.until()) {
        return kept == null ? null : kept.resolution();
      }
      cache.remove(name);
      return null;
    }
  }

  private void look(String name, Duration timeout, Consumer<Resolution> listener) {
    Lookup running = open.get(name);
    if (running != null) {
      running.await(timeout, listener);
      return;
    }
    Resolution known = known(name); // Another's that has just ended.
    if (known != null || open.size() >= MOST_LOOKUPS) {
      listener.accept(known != null ? known : Resolution.failed());
      return;
    }
    Lookup lookup = new Lookup(loop, settings, turn++, ended -> over(name, ended));
    open.put(name, lookup);
    lookup.await(timeout, listener);
    lookup.start(name);
  }

  private void over(String name, Lookup ended) {
    open.remove(name);
    Resolution resolution = ended.resolution();
    if (resolution.state() == 0) {
      Duration valid = settings.valid();
      long kept = valid != null ? valid.toSeconds() : ended.ttl();
      synchronized (cache) {
        cache.put(name, new Kept(resolution, seconds.getAsLong() + kept));
      }
    }
  }

  private void tell(Consumer<Resolution> listener, Resolution resolution) {
    try {
      listeners.execute(() -> listener.accept(resolution));
    } catch (RejectedExecutionException e) {
      listener.accept(resolution); // The process's last user is closing: it must not wait for ever.
    }
  }
}
