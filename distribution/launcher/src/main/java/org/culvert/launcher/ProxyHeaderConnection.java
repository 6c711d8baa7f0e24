package org.culvert.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.http.IpAddresses;
import org.culvert.http.ProxyProtocol;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a connection at a {@code listen … proxy_protocol}: reads the header, within
 * {@code client_header_timeout}, and gives the rest to what is spoken there. A header that is none
 * closes the connection, with nginx's line in the log.
 */
final class ProxyHeaderConnection extends AbstractConnection implements Connection.UpgradeFrom {
  private final Connector connector;
  private final ReadyEndPoint client;
  private final ConnectionFactory next;
  private final Scheduler.Task deadline;
  private final AtomicBoolean over = new AtomicBoolean();
  private final ByteBuffer read = BufferUtil.allocate(ProxyProtocol.LONGEST);
  private final Callback fillable =
      Callback.from(InvocationType.NON_BLOCKING, this::onFillable, this::onFillInterestedFailed);

  /**
   * A connection's beginning.
   *
   * @param next what is spoken behind the header
   */
  ProxyHeaderConnection(
      Connector connector, ReadyEndPoint client, ConnectionFactory next, Duration limit) {
    super(client, connector.getExecutor());
    this.connector = connector;
    this.client = client;
    this.next = next;
    this.deadline =
        connector.getScheduler().schedule(this::timedOut, limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void onOpen() {
    super.onOpen();
    fillInterested(fillable);
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    deadline.cancel();
    super.onClose(cause);
  }

  /** The header's own time rules. */
  @Override
  public boolean onReadTimeout(java.util.concurrent.TimeoutException timeout) {
    return false;
  }

  @Override
  public boolean onIdleExpired(java.util.concurrent.TimeoutException timeout) {
    return false;
  }

  @Override
  public void onFillable() {
    try {
      int filled = client.fill(read);
      if (filled < 0) {
        end(ErrorLog.Level.INFO, "client closed connection");
      } else {
        look();
      }
    } catch (IOException e) {
      end(ErrorLog.Level.INFO, "client closed connection: " + e.getMessage());
    }
  }

  private void look() {
    ProxyProtocol.Reading reading = ProxyProtocol.read(read.array(), read.limit());
    if (reading.isIncomplete()) {
      fillInterested(fillable);
    } else if (reading.error() != null) {
      end(ErrorLog.Level.ERROR, printable(reading.error()));
    } else if (over.compareAndSet(false, true)) {
      deadline.cancel();
      client.proxied(reading.header());
      read.position(reading.length());
      client.upgrade(next.newConnection(connector, client));
    }
  }

  @Override
  public ByteBuffer onUpgradeFrom() {
    return read;
  }

  /** By the scheduler's thread. */
  private void timedOut() {
    end(ErrorLog.Level.INFO, "client timed out (110: Connection timed out)");
  }

  private void end(ErrorLog.Level level, String what) {
    if (over.compareAndSet(false, true)) {
      ErrorLog.process()
          .write(
              level,
              what
                  + " while reading PROXY protocol, client: "
                  + IpAddresses.text(CoreConnection.address(client.getRemoteSocketAddress()))
                  + ", server: "
                  + server());
      client.close();
    }
  }

  private String server() {
    var local = CoreConnection.address(client.getLocalSocketAddress());
    return IpAddresses.text(local) + (local.isUnresolved() ? "" : ":" + local.getPort());
  }

  /** A client's bytes must not make lines of their own. */
  private static String printable(String text) {
    StringBuilder safe = new StringBuilder(text);
    for (int i = 0; i < safe.length(); i++) {
      if (Character.isISOControl(safe.charAt(i))) {
        safe.setCharAt(i, '?');
      }
    }
    return safe.toString();
  }

  /** Makes them. */
  static final class Factory extends org.eclipse.jetty.server.AbstractConnectionFactory {
    private final ConnectionFactory next;
    private volatile Duration limit = ClientTimes.IDLE;

    Factory(ConnectionFactory next) {
      super("proxy");
      this.next = next;
    }

    /** Takes a {@code client_header_timeout} for the connections from now on. */
    void limit(Duration time) {
      limit = time;
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
      return configure(
          new ProxyHeaderConnection(connector, (ReadyEndPoint) endPoint, next, limit),
          connector,
          endPoint);
    }
  }
}
