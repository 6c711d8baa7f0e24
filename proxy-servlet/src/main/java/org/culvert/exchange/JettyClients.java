package org.culvert.exchange;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.culvert.exchange.ProxySettings.UpstreamTls;
import org.culvert.resolver.DnsLoop;
import org.culvert.resolver.Resolver;
import org.culvert.resolver.ResolverSettings;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One configuration's part of the process's upstream clients. There is one {@link JettyClient} for
 * every distinct TLS setting in the process, whatever the number of configurations and reloads; all
 * share one thread pool, one timer thread and the pools of buffers. They start with the first user
 * and end with the last. Thread-safe; nothing of Culvert's own is called back under its lock.
 */
public final class JettyClients implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JettyClients.class);
  private static final int MAX_THREADS = 64;

  /** 16 MB: as many requests under way at once are not the rule, and more cost garbage. */
  private static final int MOST_BUFFERS = 1024;

  private static final Object LOCK = new Object();

  /** The threads that end something, each with whose it is. Added to under {@link #LOCK}. */
  private static final Map<Thread, Process> CLOSING = new ConcurrentHashMap<>();

  private static @Nullable Process process;

  private record Key(boolean serverName, boolean verify, @Nullable String trustedCertificate) {}

  private static final class Users {
    final JettyClient client;
    int count;

    Users(JettyClient client) {
      this.client = client;
    }
  }

  /** What all clients of the process share. Guarded by {@link #LOCK}. */
  private static final class Process {
    final QueuedThreadPool threads = threads();
    final ScheduledThreadPoolExecutor scheduler = scheduler();
    final Timers timers = new Timers(scheduler, threads);
    final ScheduledExecutorScheduler jettyScheduler = new ScheduledExecutorScheduler(scheduler);
    final ByteBufferPool pool = new ArrayByteBufferPool();
    final PooledBuffers buffers = new PooledBuffers(MOST_BUFFERS);
    final DnsLoop names = new DnsLoop();
    final Map<Key, Users> clients = new HashMap<>();
    int users;

    Process() {
      start(threads);
      start(jettyScheduler);
    }

    private static QueuedThreadPool threads() {
      QueuedThreadPool pool = new QueuedThreadPool(MAX_THREADS, 2);
      pool.setName("culvert-upstream");
      pool.setDaemon(true);
      return pool;
    }

    private static ScheduledThreadPoolExecutor scheduler() {
      ScheduledThreadPoolExecutor timer =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(task, "culvert-timer");
                thread.setDaemon(true);
                thread.setContextClassLoader(JettyClients.class.getClassLoader());
                return thread;
              });
      timer.setRemoveOnCancelPolicy(true);
      return timer;
    }

    /**
     * Its end, in parts. Clients that end already come first: a client's end waits, without limit,
     * for its selector, which runs on the pool.
     */
    List<Runnable> ends() {
      List<Thread> before = new ArrayList<>();
      CLOSING.forEach(
          (thread, whose) -> {
            if (whose == this) {
              before.add(thread);
            }
          });
      return List.of(
          () -> before.forEach(JettyClients::join),
          () -> timers.hangUps().close(),
          names::close,
          () -> LifeCycle.stop(jettyScheduler),
          this::endScheduler,
          () -> LifeCycle.stop(threads));
    }

    /** Waits for its thread: Tomcat reports one that is still there after an undeploy. */
    private void endScheduler() {
      scheduler.shutdownNow();
      try {
        if (!scheduler.awaitTermination(1, TimeUnit.SECONDS)) {
          LOG.debug("the timers' thread takes long to end");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final Process shared;
  private final Map<Key, JettyClient> used = new HashMap<>();
  private boolean closed;

  private JettyClients(Process shared) {
    this.shared = shared;
  }

  /** Joins the process's clients, which start with their first user. */
  public static JettyClients open() {
    synchronized (LOCK) {
      Process running = process;
      if (running == null) {
        running = new Process();
        process = running;
      }
      running.users++;
      return new JettyClients(running);
    }
  }

  /** The process's timers. */
  public Timers timers() {
    return shared.timers;
  }

  /** A resolver of its own that asks with the process's thread for that. */
  Resolver resolver(ResolverSettings settings) {
    return new Resolver(shared.names, settings, shared.threads);
  }

  /** The client for these TLS settings; made at first use. */
  public JettyClient client(UpstreamTls tls) {
    Key key =
        tls.verify()
            ? new Key(tls.serverName(), true, tls.trustedCertificate())
            : new Key(tls.serverName(), false, null);
    synchronized (LOCK) {
      JettyClient known = used.get(key);
      if (known != null) {
        return known;
      }
      if (closed) {
        throw new IllegalStateException("the upstream clients of this configuration are closed");
      }
      Users users = shared.clients.computeIfAbsent(key, k -> new Users(newClient(shared, k)));
      users.count++;
      used.put(key, users.client);
      return users.client;
    }
  }

  private static JettyClient newClient(Process shared, Key key) {
    JettyClient client =
        new JettyClient(
            JettyTls.contextFactory(key.serverName(), key.verify(), key.trustedCertificate()),
            shared.threads,
            shared.jettyScheduler,
            shared.timers,
            shared.pool,
            shared.buffers);
    start(client.connector());
    return client;
  }

  private static void start(LifeCycle part) {
    try {
      part.start();
    } catch (Exception e) {
      throw new IllegalStateException("cannot start the upstream client: " + part, e);
    }
  }

  /**
   * Leaves; clients that nobody uses any more stop, with the last user all threads. They do so on a
   * thread of its own: to stop one waits for its threads, and this may be called by any of them.
   * Idempotent.
   */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (closed) {
        return;
      }
      closed = true;
      List<Runnable> ends = new ArrayList<>();
      for (Key key : used.keySet()) {
        Users users = shared.clients.get(key);
        if (users != null && --users.count == 0) {
          shared.clients.remove(key);
          ends.add(users.client::stop);
        }
      }
      if (--shared.users == 0) {
        process = null;
        ends.addAll(shared.ends());
      }
      if (!ends.isEmpty()) {
        end(ends);
      }
    }
  }

  /** Under the lock, so that who joins this thread finds it started. */
  private void end(List<Runnable> ends) {
    Thread thread =
        new Thread(
            () -> {
              try {
                ends.forEach(JettyClients::run);
              } finally {
                CLOSING.remove(Thread.currentThread());
              }
            },
            "culvert-closing");
    thread.setDaemon(true);
    thread.setContextClassLoader(JettyClients.class.getClassLoader());
    CLOSING.put(thread, shared);
    thread.start();
  }

  /** What goes wrong with one part must not keep the others. */
  private static void run(Runnable end) {
    try {
      end.run();
    } catch (RuntimeException | LinkageError e) { // A container may have closed the class loader.
      LOG.warn("a part of the upstream clients has not ended as it should: {}", e.toString(), e);
    }
  }

  private static void join(Thread before) {
    try {
      before.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for what was closed to have ended. */
  static void awaitClosed(Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    for (Thread thread : CLOSING.keySet()) {
      try {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
