package org.culvert.servlet;

import org.culvert.http.ClientConnection;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * A request as a front has received it, from which its facts are made ({@link ReceivedFacts}). Read
 * on the thread that brings the request, once: afterwards the front may have taken it back. Text is
 * as the front decoded it, except for the fields, which are octets.
 */
public interface ReceivedRequest {
  /** The method, an HTTP/2 CONNECT being one. */
  String method();

  /** The path as the client sent it, context path included. */
  String path();

  /** What follows "?", or null. */
  @Nullable String query();

  /** The request line as it was sent, where method, path, query and protocol are not all of it. */
  default @Nullable String line() {
    return null;
  }

  /** "" for HTTP/0.9, "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0". */
  String protocol();

  /** All fields, as a list of the caller's own. */
  HeaderFields fields();

  /** The host that the request names in its line, its authority or its Host field, or null. */
  @Nullable String host();

  /** The port beside {@link #host}, or the scheme's. */
  int port();

  /** How it came. */
  ClientConnection connection();

  /** The application's context path, "" at the root. */
  default String contextPath() {
    return "";
  }

  /** The container's authenticated user, or null. */
  default @Nullable String user() {
    return null;
  }

  /** The path below the context path as the front reads it, for who authorises by that. */
  default String readPath() {
    return path();
  }
}
