package org.culvert.servlet;

import org.culvert.http.HeaderFields;

/**
 * A front's own way to have the connection of a request over HTTP/1.1 switch protocols, without a
 * servlet container: the launcher's.
 */
public interface ClientSwitch {
  /** The connection's endpoint, Jetty's {@code EndPoint}, decrypted where it has TLS. */
  Object endPoint();

  /** The request's {@code Sec-WebSocket-Key}; "" where it has none. */
  String key();

  /**
   * Answers 101 and upgrades the endpoint when that is written. Once, on any thread; waits for
   * nothing.
   *
   * @param head all fields of the 101
   * @param connection Jetty's {@code Connection}, over {@link #endPoint}
   * @return false when the request is over: the client has left, and nothing was answered
   */
  boolean upgrade(HeaderFields head, Object connection);

  /** Answers with an error's status instead, unless the request is over. */
  void refuse(int status);
}
