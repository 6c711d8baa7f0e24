package org.culvert.servlet;

import java.util.concurrent.atomic.AtomicReference;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * The runtime that new requests go to, exchanged by one reference on a reload. Thread-safe; reloads
 * come one after the other.
 */
final class RuntimeSwitch {
  private final AtomicReference<@Nullable ProxyRuntime> current;

  RuntimeSwitch(Configuration configuration) throws ConfigurationException {
    current = new AtomicReference<>(ProxyRuntime.start(configuration, null));
  }

  /** The current runtime, held for one request; null when the servlet has ended. */
  @Nullable ProxyRuntime hold() {
    while (true) {
      ProxyRuntime runtime = current.get();
      if (runtime == null || runtime.hold()) {
        return runtime;
      }
    }
  }

  /**
   * Puts another configuration to work and lets the one before end with its last request.
   *
   * @throws ConfigurationException when it cannot work; nothing has changed then
   */
  synchronized void replace(Configuration configuration) throws ConfigurationException {
    ProxyRuntime former = current.get();
    if (former != null) {
      current.set(ProxyRuntime.start(configuration, former));
      former.retire();
    }
  }

  /** No request from now on. */
  synchronized void close() {
    ProxyRuntime last = current.getAndSet(null);
    if (last != null) {
      last.retire();
    }
  }
}
