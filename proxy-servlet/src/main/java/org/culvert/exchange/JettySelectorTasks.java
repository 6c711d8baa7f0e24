package org.culvert.exchange;

/**
 * Which of the tasks that Jetty's selectors give to their pool need none: to make the endpoint of a
 * connection that was accepted or made, and to tell of the end of one that its owner closes where
 * nothing is held up by it. They wait for nothing, and the thread that has them can go on with
 * them, which spares a connection a hand-over each. Jetty's classes for them are not public: where
 * their names change the pool has them again.
 */
public final class JettySelectorTasks {
  private static final String SELECTOR = "org.eclipse.jetty.io.ManagedSelector$";
  private static final String ACCEPTED = SELECTOR + "Accept";
  private static final String CONNECTED = SELECTOR + "CreateEndPoint";
  private static final String CLOSED = SELECTOR + "DestroyEndPoint";
  private static final ThreadLocal<Boolean> CLOSING = new ThreadLocal<>();

  private JettySelectorTasks() {}

  /** Whether the calling thread may run a selector's task itself. */
  public static boolean needNoPool(Runnable task) {
    String name = task.getClass().getName();
    return name.equals(ACCEPTED)
        || name.equals(CONNECTED)
        || (name.equals(CLOSED) && CLOSING.get() != null);
  }

  /** Closes an endpoint and has the calling thread, which holds no lock, tell of it. */
  public static void closeHere(Runnable close) {
    CLOSING.set(Boolean.TRUE);
    try {
      close.run();
    } finally {
      CLOSING.remove();
    }
  }
}
