package org.culvert.http;

import org.jspecify.annotations.Nullable;

/**
 * Why an exchange or a handshake failed. The answer to the client, the peer's health, whether
 * another peer may be tried and the log line all follow from it.
 */
public final class GatewayFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** Whose fault it was. */
  public enum Source {
    DOWNSTREAM,
    UPSTREAM,
    INTERNAL
  }

  /** What happened. The status is what the client sees unless its response has begun. */
  public enum Kind {
    /** The peer refused the connection or the connection broke before a request was sent. */
    CONNECT_FAILED(Source.UPSTREAM, 502, true),
    /** {@code proxy_connect_timeout} passed. */
    CONNECT_TIMEOUT(Source.UPSTREAM, 504, true),
    /** The TLS handshake with the peer failed, or its certificate was not accepted. */
    TLS_FAILED(Source.UPSTREAM, 502, true),
    /** The connection broke after the request, or a part of it, was sent. */
    BROKEN(Source.UPSTREAM, 502, false),
    /** {@code proxy_send_timeout} or {@code proxy_read_timeout} passed. */
    TIMEOUT(Source.UPSTREAM, 504, false),
    /** The peer's answer is not HTTP, or is a 101 that breaks RFC 6455, section 4.1. */
    INVALID_RESPONSE(Source.UPSTREAM, 502, false),
    /** No peer of the group can be used now. */
    NO_LIVE_PEER(Source.UPSTREAM, 502, false),
    /** The client went away; nothing can be answered, 499 goes to the log. */
    CLIENT_GONE(Source.DOWNSTREAM, 499, false),
    /** The client sent too slowly: nginx's 408. */
    CLIENT_TIMEOUT(Source.DOWNSTREAM, 408, false),
    /** The request body is longer than {@code client_max_body_size}. */
    BODY_TOO_LARGE(Source.DOWNSTREAM, 413, false),
    /** The request cannot be understood or may not be forwarded. */
    BAD_REQUEST(Source.DOWNSTREAM, 400, false),
    /** {@code deny} is for this client: the configuration's word, at error in nginx's log too. */
    FORBIDDEN(Source.INTERNAL, 403, false),
    /** The proxy ends, and with it what is under way; nothing can be answered any more. */
    SHUT_DOWN(Source.DOWNSTREAM, 503, false),
    /** Culvert's own error. */
    INTERNAL(Source.INTERNAL, 500, false);

    private final Source source;
    private final int status;
    private final boolean beforeSend;

    Kind(Source source, int status, boolean beforeSend) {
      this.source = source;
      this.status = status;
      this.beforeSend = beforeSend;
    }
  }

  private final Kind kind;

  /**
   * A failure.
   *
   * @param kind what happened
   * @param message names what failed and the value that did it; never sent to the client
   */
  public GatewayFailure(Kind kind, String message) {
    this(kind, message, null);
  }

  /** A failure with its cause. */
  public GatewayFailure(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What happened. */
  public Kind kind() {
    return kind;
  }

  /** Whose fault it was. */
  public Source source() {
    return kind.source;
  }

  /** The status for the client, or 499 for the log only. */
  public int status() {
    return kind.status;
  }

  /**
   * Whether no byte of the request can have reached the peer, so that any method may be retried.
   */
  public boolean beforeSend() {
    return kind.beforeSend;
  }

  /** Whether nobody is there to be answered, or nobody to answer. */
  public boolean leavesNoAnswer() {
    return kind == Kind.CLIENT_GONE || kind == Kind.CLIENT_TIMEOUT || kind == Kind.SHUT_DOWN;
  }

  /** Whether it is a time-out of the peer's. */
  public boolean isTimeout() {
    return kind == Kind.CONNECT_TIMEOUT || kind == Kind.TIMEOUT;
  }

  /** Whether it counts against the peer's {@code max_fails}. */
  public boolean countsAgainstPeer() {
    return kind.source == Source.UPSTREAM && kind != Kind.NO_LIVE_PEER;
  }
}
