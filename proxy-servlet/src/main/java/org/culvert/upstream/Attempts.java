package org.culvert.upstream;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.culvert.http.HeaderFields;
import org.culvert.http.SocketAddresses;
import org.jspecify.annotations.Nullable;

/**
 * What one request did upstream, attempt by attempt: the source of {@code $upstream_*}. A facet of
 * the scope. Written by the attempt's threads, read by whoever evaluates.
 */
public final class Attempts {
  /** One attempt at one peer. Durations are in nanoseconds, -1 while not known. */
  public static final class Attempt {
    private static final HeaderFields NONE = new HeaderFields();

    private final String address;
    private final boolean newExchange;
    private final long start = System.nanoTime();
    private volatile int status;
    private volatile long connected = -1;
    private volatile long headed = -1;
    private volatile long ended = -1;
    private volatile long bytesSent;
    private volatile long bytesReceived;
    private volatile long bodyLength;
    private volatile HeaderFields fields = NONE;

    private Attempt(String address, boolean newExchange) {
      this.address = address;
      this.newExchange = newExchange;
    }

    /** The connection is there, new or kept. */
    public void connected() {
      connected = System.nanoTime() - start;
    }

    /** The answer's head is there; its fields will not change any more. */
    public void answered(int newStatus, HeaderFields newFields) {
      headed = System.nanoTime() - start;
      status = newStatus;
      fields = newFields;
    }

    /** Sets the status that a failure stands for: 502, 504. */
    public void failed(int newStatus) {
      status = newStatus;
      ended();
    }

    /** The attempt is over. */
    public void ended() {
      if (ended < 0) {
        ended = System.nanoTime() - start;
      }
    }

    /** Counts bytes sent to the peer. Called by one writer at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void sent(long bytes) {
      bytesSent += bytes;
    }

    /** Counts bytes received from the peer. Called by one reader at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void received(long bytes) {
      bytesReceived += bytes;
    }

    /** Counts bytes of the answer's body. Called by one reader at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void body(long bytes) {
      bodyLength += bytes;
    }

    /** The peer's address, or the group's name where no peer could be used. */
    public String address() {
      return address;
    }

    /** Whether it is the first of another exchange of the same request (an internal redirect). */
    public boolean newExchange() {
      return newExchange;
    }

    /** The status, 0 while there is none. */
    public int status() {
      return status;
    }

    /** {@code $upstream_connect_time}. */
    public long connectNanos() {
      return connected;
    }

    /** {@code $upstream_header_time}. */
    public long headerNanos() {
      return headed;
    }

    /** {@code $upstream_response_time}. */
    public long responseNanos() {
      return ended;
    }

    /** {@code $upstream_bytes_sent}. */
    public long bytesSent() {
      return bytesSent;
    }

    /** {@code $upstream_bytes_received}. */
    public long bytesReceived() {
      return bytesReceived;
    }

    /** {@code $upstream_response_length}. */
    public long bodyLength() {
      return bodyLength;
    }

    /** The answer's fields, as the peer sent them. */
    public HeaderFields fields() {
      return fields;
    }
  }

  private final List<Attempt> attempts = new CopyOnWriteArrayList<>();
  private boolean newExchange;
  private volatile String scheme = "http";
  private volatile String target = "";

  /** Another exchange begins. */
  public void exchange() {
    newExchange = !attempts.isEmpty();
  }

  /** What is asked for from here on, for the error log: "http" and the target that is sent. */
  public void asking(String newScheme, String newTarget) {
    scheme = newScheme;
    target = newTarget;
  }

  /**
   * The URL of the latest attempt as nginx's error log has it: "http://127.0.0.1:8080/x",
   * "http://unix:/run/app.sock:/x"; null before any.
   */
  public @Nullable String url() {
    if (attempts.isEmpty()) {
      return null;
    }
    String address = attempts.get(attempts.size() - 1).address();
    String colon = address.startsWith(SocketAddresses.UNIX) ? ":" : "";
    return scheme + "://" + address + colon + target;
  }

  /** An attempt begins. */
  public Attempt begin(String address) {
    Attempt attempt = new Attempt(address, newExchange);
    newExchange = false;
    attempts.add(attempt);
    return attempt;
  }

  /** All of them, the latest last. */
  public List<Attempt> list() {
    return attempts;
  }
}
