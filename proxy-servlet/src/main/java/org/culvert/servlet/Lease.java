package org.culvert.servlet;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Who touches, now, what a container lends for one request: its request, its response and their
 * context. Containers use these objects again for the next client, and take them back on a thread
 * of their own when a connection breaks; Tomcat does so even while a write on another thread is
 * under way, whose failure would then befall whoever got them next. So every touch is announced
 * here, and the container's word that a request has failed or is complete waits for the touches of
 * other threads (Servlet 6.0, section 2.3.3.4: request and response are not thread safe).
 *
 * <p>Touches do not wait for each other, and the container's thread does not wait for one that
 * itself waits: it may be for a lock that the container's thread holds, as in Tomcat's {@code
 * setWriteListener}. Nobody is called back during a touch. Thread-safe.
 */
final class Lease {
  private static final long LOOK_NANOS = 50_000;

  /** A millisecond or two: a thread that is only held up for a moment runs again by then. */
  private static final int LOOKS_AT_A_WAITING_THREAD = 20;

  /** A second or two, which no touch takes: the container is not to hang for a defect of ours. */
  private static final int LOOKS = 20_000;

  private final List<Thread> inside = new ArrayList<>(2);
  private boolean over;

  /**
   * A touch begins; {@link #leave} ends it.
   *
   * @param last whether it gives the objects back
   * @return false where they are not ours any more
   */
  synchronized boolean enter(boolean last) {
    if (over) {
      return false;
    }
    over = last;
    inside.add(Thread.currentThread());
    return true;
  }

  synchronized void leave() {
    inside.remove(Thread.currentThread());
  }

  /**
   * The container has its objects back when this returns; on its thread. Waits for the touches of
   * others, within the two bounds above.
   */
  void end() {
    synchronized (this) {
      over = true;
    }
    int waiting = 0;
    for (int looks = 0; looks < LOOKS && waiting < LOOKS_AT_A_WAITING_THREAD; looks++) {
      Thread.State others = others();
      if (others == Thread.State.TERMINATED) {
        return;
      }
      waiting = others == Thread.State.RUNNABLE ? 0 : waiting + 1;
      LockSupport.parkNanos(LOOK_NANOS); // Short: to be told would cost every touch.
    }
  }

  /** RUNNABLE where one of the others runs, WAITING where all wait, TERMINATED for no others. */
  private synchronized Thread.State others() {
    Thread.State state = Thread.State.TERMINATED;
    for (Thread other : inside) {
      if (other != Thread.currentThread()) {
        if (other.getState() == Thread.State.RUNNABLE) {
          return Thread.State.RUNNABLE;
        }
        state = Thread.State.WAITING;
      }
    }
    return state;
  }
}
