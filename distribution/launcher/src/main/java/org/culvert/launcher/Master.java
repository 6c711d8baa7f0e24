package org.culvert.launcher;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.Configuration;
import org.culvert.launcher.ErrorLog.Level;
import org.culvert.observe.Errno;
import org.culvert.servlet.ProxyServlet;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * The running proxy: sockets, server, servlet, and what becomes of them on a signal, as nginx's
 * master does it. One thread, that of {@link #run}, does everything; {@link #tell} may be called by
 * any.
 */
final class Master {
  private static final Duration FAST = Duration.ofSeconds(2);
  private static final long POLL_MILLIS = 20;

  private final Command command;
  private final ErrorLog log = ErrorLog.process();
  private final BlockingQueue<Signals> told = new LinkedBlockingQueue<>();
  private final Server server;
  private final ServletContextHandler context;
  private final RequestsUnderWay requests;
  private final ProxyServlet proxy;
  private final List<Listener> retired = new ArrayList<>();
  private Map<Binding.Address, Listener> listeners = new LinkedHashMap<>();
  private Configuration configuration;

  /** Which configuration is at work: what nginx's worker processes are. */
  private int generation = 1;

  /**
   * Prepares the server.
   *
   * @param command where configurations come from
   * @param configuration the first one
   */
  Master(Command command, Configuration configuration) {
    this.command = command;
    this.configuration = configuration;
    QueuedThreadPool threads = new QueuedThreadPool();
    threads.setName("culvert");
    threads.setStopTimeout(0);
    threads.setVirtualThreadsExecutor(VirtualThreads.getDefaultVirtualThreadsExecutor());
    server = new Server(threads);
    proxy = ProxyServlet.forLauncher(configuration);
    context = context(proxy);
    requests = new RequestsUnderWay(context);
    server.setHandler(new CoreFront(proxy, requests));
    server.setErrorHandler(new RefusedFront(proxy, requests));
    server.setRequestLog(new RefusedRequests(proxy));
  }

  private static ServletContextHandler context(ProxyServlet proxy) {
    ServletContextHandler context = new ServletContextHandler("/");
    context.setErrorHandler(new ErrorPages());
    // As in Listener: the path is Culvert's to read, whatever it looks like.
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    ServletHolder holder = new ServletHolder("culvert", proxy);
    holder.setAsyncSupported(true);
    holder.setInitOrder(1);
    context.addServlet(holder, "/");
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    return context;
  }

  /** Opens the sockets and answers from then on. */
  void start() throws LaunchException {
    Map<Binding, @Nullable Tls> wanted = certificates(configuration);
    requests.follow(ClientTimes.idle(configuration));
    for (var entry : wanted.entrySet()) {
      Binding binding = entry.getKey();
      ClientTimes times = ClientTimes.of(configuration, binding);
      Listener listener = Listener.open(server, binding, null, times, entry.getValue());
      listeners.put(binding.address(), listener);
    }
    try {
      server.start();
      for (Listener listener : listeners.values()) {
        listener.start();
      }
    } catch (Exception e) {
      throw new LaunchException(
          e instanceof ServletException ? String.valueOf(e.getMessage()) : e.toString(), e);
    }
    log.write(Level.NOTICE, "start");
  }

  /** The certificates of each socket: what may be wrong with a configuration beyond its words. */
  static Map<Binding, @Nullable Tls> certificates(Configuration configuration)
      throws LaunchException {
    Map<Binding, @Nullable Tls> certificates = new LinkedHashMap<>();
    for (Binding binding : Binding.of(configuration)) {
      certificates.put(binding, binding.ssl() ? new Tls(configuration, binding) : null);
    }
    return certificates;
  }

  /** The ports, in the order of the file. */
  List<Integer> ports() {
    return listeners.values().stream().map(Listener::localPort).toList();
  }

  /** Asks for something; it is done by the thread of {@link #run}. */
  void tell(Signals what) {
    told.add(what);
  }

  /** Does what is told, until it is to end. */
  void run() throws InterruptedException {
    while (true) {
      Signals what = told.take();
      log.write(Level.NOTICE, "told to " + what.name().toLowerCase(Locale.ROOT));
      switch (what) {
        case RELOAD -> reload();
        case REOPEN -> reopen();
        case QUIT -> {
          drain();
          return;
        }
        case STOP -> {
          return;
        }
      }
    }
  }

  /** Takes the configuration anew. One that is broken changes nothing. */
  private void reload() {
    try {
      Configuration next = command.read();
      take(next);
      command.openErrorLog(next);
      log.write(Level.NOTICE, "reconfigured");
    } catch (LaunchException e) {
      log.write(Level.EMERG, e.text());
    } catch (ConfigurationException e) {
      log.write(Level.EMERG, e.located());
    } catch (RuntimeException e) { // A defect; what runs, runs on.
      log.write(Level.EMERG, "reload failed: " + e);
    }
    stopDrained();
  }

  /** In nginx's words, which scripts look for. */
  private void exited(int worker) {
    log.write(Level.NOTICE, "worker process " + worker + " exited with code 0");
  }

  private void take(Configuration next) throws LaunchException, ConfigurationException {
    Map<Binding, @Nullable Tls> wanted = certificates(next);
    Map<Binding.Address, Listener> kept = new LinkedHashMap<>();
    List<Listener> opened = new ArrayList<>();
    try {
      for (var entry : wanted.entrySet()) {
        Binding binding = entry.getKey();
        Listener present = listeners.get(binding.address());
        if (present == null || !present.speaksAs(binding)) {
          ClientTimes times = ClientTimes.of(next, binding);
          present = Listener.open(server, binding, present, times, entry.getValue());
          opened.add(present);
        }
        kept.put(binding.address(), present);
      }
      int former = generation;
      proxy.reload(next, () -> exited(former));
      generation++;
    } catch (LaunchException | ConfigurationException | RuntimeException e) {
      opened.forEach(listener -> listener.closeSocket(listeners.values()));
      throw e;
    }
    configuration = next;
    requests.follow(ClientTimes.idle(next));
    try {
      for (var entry : wanted.entrySet()) {
        Binding binding = entry.getKey();
        Listener listener = kept.get(binding.address());
        if (listener != null && !opened.contains(listener)) {
          listener.update(ClientTimes.of(next, binding), entry.getValue());
        }
      }
      for (Listener listener : opened) {
        listener.start();
      }
    } catch (Exception e) {
      giveBack(opened);
      throw e instanceof LaunchException known
          ? known
          : new LaunchException("cannot listen: " + e, e);
    }
    replace(kept);
  }

  /** Back to the sockets from before: the next reload must find the addresses free. */
  private void giveBack(List<Listener> opened) {
    listeners.values().forEach(Listener::accept);
    for (Listener listener : opened) {
      retire(listener, listeners.values());
    }
  }

  private void replace(Map<Binding.Address, Listener> next) {
    for (Listener listener : listeners.values()) {
      if (!next.containsValue(listener)) {
        retire(listener, next.values());
      }
    }
    listeners = next;
  }

  private void retire(Listener listener, Collection<Listener> others) {
    listener.closeSocket(others);
    listener.drain();
    listener.closeIdle(requests::isKeptAlive);
    retired.add(listener);
  }

  private void stopDrained() {
    retired.removeIf(
        listener -> {
          if (!listener.isDrained()) {
            return false;
          }
          try {
            listener.stop(server);
          } catch (Exception e) {
            log.write(Level.ALERT, "closing the socket of " + listener.binding() + ": " + e);
          }
          return true;
        });
  }

  private void reopen() {
    try {
      log.reopen();
    } catch (IOException e) {
      log.write(Level.EMERG, "reopening the error log failed " + Errno.of(e));
    }
    proxy.reopen();
  }

  /** Lets what is under way end, but for no longer than {@code worker_shutdown_timeout}. */
  private void drain() throws InterruptedException {
    log.write(Level.NOTICE, "gracefully shutting down");
    Duration limit = configuration.process().shutdownTimeout();
    long deadline = System.nanoTime() + limit.toNanos();
    retired.addAll(listeners.values());
    listeners.clear();
    retired.forEach(
        listener -> {
          listener.closeSocket(List.of());
          listener.drain();
          listener.closeIdle(requests::isIdle);
        });
    while (!retired.stream().allMatch(Listener::isDrained)) {
      if (!limit.isZero() && System.nanoTime() - deadline > 0) {
        return;
      }
      Signals what = told.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      if (what == Signals.STOP) {
        return;
      }
      if (what == Signals.REOPEN) {
        reopen();
      }
      retired.forEach(listener -> listener.closeIdle(requests::isIdle));
    }
  }

  /** Ends everything that still is, within two seconds. */
  void close() {
    listeners.values().forEach(listener -> listener.closeSocket(List.of()));
    Thread closing =
        new Thread(
            () -> {
              try {
                // The servlet first: it says goodbye to WebSockets, for which they need their
                // sockets.
                context.stop();
                server.stop();
              } catch (Exception e) {
                log.write(Level.INFO, "while stopping: " + e);
              }
            },
            "culvert-close");
    closing.setDaemon(true);
    closing.start();
    try {
      closing.join(FAST.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    exited(generation);
    log.write(Level.NOTICE, "exit");
  }

  /** Where the pid goes. */
  Path pidPath() {
    return command.pidPath(configuration);
  }
}
