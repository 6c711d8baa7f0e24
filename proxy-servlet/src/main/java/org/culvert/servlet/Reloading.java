package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Date;
import java.util.Map;
import java.util.TreeMap;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.Configuration;
import org.culvert.directive.ConfigurationReader;
import org.culvert.observe.AccessLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A web application's ways to take its configuration anew: an operation of JMX, and with {@code
 * culvert.reload} a look at the files every so many seconds, by a thread that ends with the
 * servlet. Thread-safe.
 */
final class Reloading implements ProxyMXBean, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Reloading.class);
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  /** Puts a configuration to work. */
  interface Target {
    void take(Configuration configuration) throws ConfigurationException;
  }

  private final ConfigurationLookup.Found place;
  private final ConfigurationReader.Options options;
  private final Target target;
  private @Nullable ObjectName name;
  private @Nullable Thread watch;

  // Guarded by this.
  private Map<String, String> files;
  private Date configured = new Date();
  private @Nullable String lastError;

  /**
   * Prepares it.
   *
   * @param place where the configuration is
   * @param present what was read there
   */
  Reloading(
      ConfigurationLookup.Found place,
      ConfigurationReader.Options options,
      Configuration present,
      Target target) {
    this.place = place;
    this.options = options;
    this.files = present.files();
    this.target = target;
  }

  /** Offers it to management, and begins to look at the files where that is wanted. */
  void open(ServletContext context, String servlet) {
    register(
        "org.culvert:type=Proxy,host="
            + ObjectName.quote(String.valueOf(context.getVirtualServerName()))
            + ",context="
            + ObjectName.quote(context.getContextPath())
            + ",servlet="
            + ObjectName.quote(servlet));
    long seconds =
        seconds(ConfigurationLookup.setting(context, "culvert.reload", "CULVERT_RELOAD"));
    if (seconds > 0) {
      Thread thread = new Thread(() -> look(Duration.ofSeconds(seconds)), "culvert-reload");
      thread.setDaemon(true);
      thread.start();
      watch = thread;
    }
  }

  /** Two containers in one JVM may each have such an application: the second's has a number. */
  private void register(String wanted) {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      ObjectName free = new ObjectName(wanted);
      for (int i = 2; server.isRegistered(free); i++) {
        free = new ObjectName(wanted + ",instance=" + i);
      }
      name = server.registerMBean(this, free).getObjectName();
    } catch (JMException | SecurityException e) {
      log.warn("no reload by JMX: {}", e.toString());
    }
  }

  private static long seconds(@Nullable String text) {
    try {
      return text == null ? 0 : Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      log.warn("culvert.reload is no number of seconds: \"{}\"", text);
      return 0;
    }
  }

  @Override
  public String getConfigurationFile() {
    return place.source().name();
  }

  @Override
  public synchronized Date getConfigured() {
    return new Date(configured.getTime());
  }

  @Override
  public synchronized @Nullable String getLastError() {
    return lastError;
  }

  @Override
  public void reload() {
    String error = take(true);
    if (error != null) {
      throw new IllegalStateException(error);
    }
  }

  @Override
  public void reopenLogs() {
    AccessLog.reopenAll();
  }

  /**
   * Reads and takes the configuration.
   *
   * @param always also where its text is what it was
   * @return what is wrong with it, or null
   */
  private synchronized @Nullable String take(boolean always) {
    try {
      Configuration next = ConfigurationReader.read(place.source(), options);
      if (always || !next.files().equals(files)) {
        target.take(next);
        files = next.files();
        configured = new Date();
        log.info("reconfigured by {}", getConfigurationFile());
      }
      lastError = null;
    } catch (ConfigurationException broken) {
      lastError = "[emerg] " + broken.located();
      log.error(lastError);
    } catch (RuntimeException defect) { // What runs, runs on.
      lastError = "[emerg] reload failed: " + defect;
      log.error(lastError, defect);
    }
    return lastError;
  }

  private void look(Duration interval) {
    Map<String, String> seen = stamps();
    while (true) {
      try {
        Thread.sleep(interval.toMillis());
      } catch (InterruptedException over) {
        return;
      }
      Map<String, String> now = stamps();
      if (!now.equals(seen)) {
        take(false);
        seen = now; // Of before it was read: what was written meanwhile is seen the next time.
      }
    }
  }

  /**
   * Time and size of every file, and the times of their folders: {@code include} takes patterns.
   */
  private Map<String, String> stamps() {
    Map<String, String> known;
    synchronized (this) {
      known = files;
    }
    Map<String, String> stamps = new TreeMap<>();
    stamp(Path.of(getConfigurationFile()), stamps);
    for (String file : known.keySet()) {
      Path path = Path.of(file);
      stamp(path, stamps);
      if (path.getParent() != null) {
        stamp(path.getParent(), stamps);
      }
    }
    return stamps;
  }

  private static void stamp(Path path, Map<String, String> into) {
    try {
      String size = Files.isDirectory(path) ? "" : " " + Files.size(path);
      into.put(path.toString(), Files.getLastModifiedTime(path) + size);
    } catch (IOException gone) {
      into.put(path.toString(), "gone");
    }
  }

  /** Ends it; returns when its thread has ended, or nearly so. */
  @Override
  public void close() {
    ObjectName registered = name;
    if (registered != null) {
      try {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
      } catch (JMException e) {
        log.debug("not unregistered: {}", e.toString());
      }
    }
    Thread thread = watch;
    if (thread != null) {
      thread.interrupt();
      try {
        thread.join(END_LIMIT.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
