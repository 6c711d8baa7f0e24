package org.culvert.launcher;

import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.culvert.http.ProxyHeader;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A client's socket that stays registered for reading while its request is answered. Jetty takes
 * the interest back when there is something to read and declares it again for the next request: two
 * changes of the selector's set and a wake-up of its thread for each request, where as a rule
 * nothing comes meanwhile. Here it is taken back only when something does come that nobody waits
 * for.
 */
final class ReadyEndPoint extends SocketChannelEndPoint {
  private SelectionKey key;
  private volatile @Nullable ProxyHeader proxied;

  ReadyEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
    super(channel, selector, key, scheduler);
    this.key = key;
  }

  /** Takes what the PROXY protocol's header told. */
  void proxied(@Nullable ProxyHeader header) {
    proxied = header;
  }

  /** What it told, or null. */
  @Nullable ProxyHeader proxied() {
    return proxied;
  }

  @Override
  public void replaceKey(SelectionKey newKey) {
    key = newKey;
    super.replaceKey(newKey);
  }

  /**
   * By the selector's thread, which on its way reads what there is where the reader does not wait;
   * elsewhere the socket would be found readable until another thread has read it. Where nobody
   * reads, as when the socket has become a tunnel's, no other thread is made to find that out: who
   * begins to read meanwhile has declared the interest again.
   */
  @Override
  public @Nullable Runnable onSelected() {
    boolean readHere = getFillInterest().getCallbackInvocationType() == InvocationType.NON_BLOCKING;
    boolean readableAlone = key.readyOps() == SelectionKey.OP_READ;
    Runnable task = super.onSelected();
    if (readHere) {
      needsFillInterest(); // Before the key is updated: what was taken back is there again.
    } else if (readableAlone && !getFillInterest().isInterested()) {
      return null;
    }
    return task;
  }
}
