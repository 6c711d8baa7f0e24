package org.culvert.observe;

import org.culvert.http.HeaderFields;

/**
 * What was answered so far, for the log's variables ({@code $status}, {@code $bytes_sent}, {@code
 * $sent_http_*}, {@code $request_time}). A facet of the scope; written by whoever answers.
 */
public final class ResponseRecord {
  /** Of an answer that has not begun; nobody adds to it. */
  private static final HeaderFields NONE = new HeaderFields();

  private final long startNanos = System.nanoTime();
  private final long startMillis = System.currentTimeMillis();
  private volatile int status;
  private volatile HeaderFields fields = NONE;
  private volatile long headBytes;
  private volatile long bodyBytes;
  private volatile long requestBodyBytes;
  private volatile long plainBytes;
  private volatile long codedBytes;

  /** Takes the head that goes to the client. */
  public void head(int newStatus, HeaderFields newFields) {
    status = newStatus;
    fields = newFields;
    long bytes = "HTTP/1.1 200 OK\r\n\r\n".length();
    for (var field : newFields) {
      bytes += field.name().length() + field.value().length() + 4;
    }
    headBytes = bytes;
  }

  /** Sets the status for the log alone, 499 for instance. */
  public void status(int newStatus) {
    status = newStatus;
  }

  /** Counts bytes of the body that went out. Called by one writer at a time. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  public void wrote(long bytes) {
    bodyBytes += bytes;
  }

  /** Counts bytes of the request's body that came in. Called by one reader at a time. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  public void read(int bytes) {
    requestBodyBytes += bytes;
  }

  /** Takes how many bytes of a body were compressed, and into how many. */
  public void compressed(long from, long into) {
    plainBytes = from;
    codedBytes = into;
  }

  /**
   * How many times smaller the body became ({@code $gzip_ratio}); 0 where it was not compressed.
   */
  public double compression() {
    return codedBytes == 0 ? 0 : (double) plainBytes / codedBytes;
  }

  /** The status, 0 before there is one. */
  public int status() {
    return status;
  }

  /** The fields sent. */
  public HeaderFields fields() {
    return fields;
  }

  /** Bytes of the body sent. */
  public long bodyBytes() {
    return bodyBytes;
  }

  /** Bytes sent, the head's size being that of its text in HTTP/1.1. */
  public long bytes() {
    return headBytes + bodyBytes;
  }

  /** Bytes of the request's body read. */
  public long requestBodyBytes() {
    return requestBodyBytes;
  }

  /** When the request came, in {@link System#nanoTime} units. */
  public long startNanos() {
    return startNanos;
  }

  /** When the request came, in milliseconds since the epoch. */
  public long startMillis() {
    return startMillis;
  }
}
