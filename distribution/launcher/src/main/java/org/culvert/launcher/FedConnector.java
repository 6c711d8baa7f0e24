package org.culvert.launcher;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import org.culvert.directive.SocketSettings;
import org.culvert.exchange.JettySelectorTasks;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;

/** A connector without a socket of its own: {@link ListeningSocket} hands it its clients. */
final class FedConnector extends ServerConnector implements ListeningSocket.Taker {
  private final SocketSettings options;

  FedConnector(Server server, SocketSettings options, ConnectionFactory... factories) {
    super(server, 0, -1, factories);
    this.options = options;
  }

  /** Not the 0 of the constructor: with that it would accept by its selector. */
  @Override
  public int getAcceptors() {
    return 1;
  }

  @Override
  public void open() {
    // It has nothing to open, and the close of ServerConnector then finds nothing to close.
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel client, ManagedSelector selector, SelectionKey key) {
    SocketChannelEndPoint endPoint = new ReadyEndPoint(client, selector, key, getScheduler());
    endPoint.setIdleTimeout(getIdleTimeout());
    return endPoint;
  }

  /** Makes the endpoints of its clients on the selector's thread. */
  @Override
  protected SelectorManager newSelectorManager(
      Executor executor, Scheduler scheduler, int selectors) {
    return new ServerConnectorManager(executor, scheduler, selectors) {
      @Override
      protected void execute(Runnable task) {
        if (JettySelectorTasks.needNoPool(task)) {
          task.run();
        } else {
          super.execute(task);
        }
      }
    };
  }

  @Override
  public void take(SocketChannel client) throws IOException {
    client.configureBlocking(false);
    ClientSockets.configure(client, options);
    getSelectorManager().accept(client);
  }
}
