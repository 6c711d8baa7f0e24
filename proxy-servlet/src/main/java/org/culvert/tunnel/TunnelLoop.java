package org.culvert.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with one selector and one buffer for all its tunnels: what is readable is read and
 * written to its other side at once. Nothing of one tunnel, a defect of ours included, ends
 * another.
 */
final class TunnelLoop implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(TunnelLoop.class);
  private static final int BUFFER = 64 * 1024;

  /** A container that closes a socket without a word to us holds its descriptor no longer. */
  private static final long LONGEST_LOOK = TimeUnit.SECONDS.toNanos(5);

  private static final long FAILURE_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

  /** What {@link System#nanoTime} is compared from: its values may overflow. */
  private static final long ORIGIN = System.nanoTime();

  private final Selector selector;
  private final ByteBuffer shared = ByteBuffer.allocateDirect(BUFFER);
  private final TlsScratch tlsScratch = new TlsScratch();
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /** What can be read although the selector does not say so. */
  private final Queue<TunnelSide> readable = new ArrayDeque<>();

  /** All tunnels, the one whose time may pass first at the head. */
  private final TreeSet<Tunnel> tunnels =
      new TreeSet<>(
          Comparator.<Tunnel>comparingLong(t -> t.look - ORIGIN).thenComparingLong(t -> t.number));

  private volatile int count;
  private boolean closing;
  private volatile boolean closed;
  private volatile @Nullable Thread thread;

  TunnelLoop() throws IOException {
    selector = Selector.open();
  }

  Selector selector() {
    return selector;
  }

  /** Has its thread run; where that cannot be made, {@link #end} is the caller's to call. */
  void start(ThreadFactory threads) {
    Thread made = threads.newThread(this);
    made.start();
    thread = made;
  }

  boolean isThread(Thread which) {
    return which == thread;
  }

  /** Waits until its thread has ended. */
  void join(long nanos) throws InterruptedException {
    if (thread != null && nanos > 0) {
      TimeUnit.NANOSECONDS.timedJoin(thread, nanos);
    }
  }

  /** Whether it takes no tunnel any more. */
  boolean isClosed() {
    return closed;
  }

  /** How many tunnels it has. */
  int count() {
    return count;
  }

  /** Has the loop's thread do something; false when it has ended. */
  boolean submit(Runnable task) {
    synchronized (tasks) {
      if (closed) {
        return false;
      }
      tasks.add(task);
    }
    if (!isThread(Thread.currentThread())) {
      selector.wakeup();
    }
    return true;
  }

  /** Ends its tunnels, then its thread. */
  void close() {
    submit(() -> closing = true);
  }

  @Override
  public void run() {
    try {
      while (!closing && selector.isOpen()) {
        turn();
      }
    } finally {
      end();
    }
  }

  private void turn() {
    try {
      select();
      runTasks();
      readReadable();
      lookAtTimes();
    } catch (Throwable e) {
      complain("waiting for sockets", e);
      LockSupport.parkNanos(FAILURE_PAUSE); // It may work again, and must not spin until then.
    }
  }

  private void select() throws IOException {
    if (!readable.isEmpty() || !tasks.isEmpty()) {
      selector.selectNow(this::event);
      return;
    }
    if (tunnels.isEmpty()) {
      selector.select(this::event);
      return;
    }
    long nanos = tunnels.first().look - System.nanoTime();
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
    if (millis > 0) {
      selector.select(this::event, millis);
    } else {
      selector.selectNow(this::event);
    }
  }

  private void event(SelectionKey key) {
    TunnelSide side = (TunnelSide) key.attachment();
    if (side.tunnel().isOver()) {
      return;
    }
    try {
      side.ready(key, shared, System.nanoTime());
    } catch (Throwable e) {
      broke(side, e);
    } finally {
      shared.clear();
    }
  }

  /** A cancelled key: somebody else closed the socket. Or a defect. */
  private static void broke(TunnelSide side, Throwable cause) {
    side.tunnel().end("the " + side.name + " broke off: " + cause);
  }

  /** Those that have become so meanwhile are read in the next turn: nobody is to starve. */
  private void readReadable() {
    for (int left = readable.size(); left > 0; left--) {
      TunnelSide side = readable.remove();
      if (side.tunnel().isOver()) {
        continue;
      }
      try {
        side.read(shared, System.nanoTime());
      } catch (Throwable e) {
        broke(side, e);
      } finally {
        shared.clear();
      }
    }
  }

  private void writeWaiting(TunnelSide side) {
    if (!side.tunnel().isOver()) {
      try {
        side.writeRest(System.nanoTime());
      } catch (Throwable e) {
        broke(side, e);
      }
    }
  }

  private void runTasks() {
    Runnable task;
    while ((task = tasks.poll()) != null) {
      try {
        task.run();
      } catch (Throwable e) {
        complain("a task of the loop", e);
      }
    }
  }

  private void lookAtTimes() {
    long now = System.nanoTime();
    while (!tunnels.isEmpty() && tunnels.first().look - now <= 0) {
      Tunnel due = tunnels.first();
      try {
        due.lookAt(now);
      } catch (Throwable e) {
        due.end("its times could not be looked at: " + e);
      }
    }
  }

  /** Ends what it has; by its thread, or where that was never started. */
  void end() {
    synchronized (tasks) {
      closed = true;
    }
    runTasks();
    for (Tunnel tunnel : new ArrayList<>(tunnels)) {
      tunnel.end("the proxy shuts down");
    }
    try {
      selector.close();
    } catch (IOException e) {
      complain("closing the selector", e);
    }
  }

  /** Has a side read, of which the selector does not know that it can. On any thread. */
  void readable(TunnelSide side) {
    if (isThread(Thread.currentThread())) {
      readable.add(side);
    } else {
      submit(() -> readable.add(side));
    }
  }

  /** Has a side write what waits, in the same way. On any thread. */
  void writable(TunnelSide side) {
    submit(() -> writeWaiting(side));
  }

  // What tunnels call, on the loop's thread.

  TlsScratch tlsScratch() {
    return tlsScratch;
  }

  void add(Tunnel tunnel) {
    tunnel.look = soon(tunnel.deadline());
    tunnels.add(tunnel);
    count = tunnels.size();
  }

  void lookAgain(Tunnel tunnel, long at) {
    tunnels.remove(tunnel);
    tunnel.look = soon(at);
    tunnels.add(tunnel);
  }

  private static long soon(long deadline) {
    long latest = System.nanoTime() + LONGEST_LOOK;
    return deadline - latest < 0 ? deadline : latest;
  }

  void remove(Tunnel tunnel) {
    tunnels.remove(tunnel);
    count = tunnels.size();
  }

  /**
   * Not on a hot path: something is wrong with a container or with us. A log that fails itself,
   * that of an application that is gone for example, ends no loop.
   */
  void complain(String doing, Throwable cause) {
    try {
      log.warn("{} failed", doing, cause);
    } catch (Throwable e) {
      // Nobody is left to be told.
    }
  }
}
