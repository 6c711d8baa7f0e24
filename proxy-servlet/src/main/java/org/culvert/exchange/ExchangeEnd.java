package org.culvert.exchange;

import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.jspecify.annotations.Nullable;

/** How an exchange ended; exactly one of these is called, once, on any thread. */
public interface ExchangeEnd {
  /**
   * The downstream has its answer, complete, or cut short because the backend's was.
   *
   * @param failure what cut it short, or null
   */
  void answered(@Nullable GatewayFailure failure);

  /**
   * Nothing was sent to the client: the attempts failed, or the answer's status is intercepted
   * ({@code proxy_intercept_errors} and an {@code error_page} for it). The caller answers.
   *
   * @param status what to answer
   * @param fields fields of an intercepted answer that belong to it ({@code WWW-Authenticate}),
   *     else none
   * @param failure what went wrong, or null where a status was intercepted
   */
  void unanswered(int status, HeaderFields fields, @Nullable GatewayFailure failure);

  /**
   * Nothing was sent to the client: the backend names who answers in its place ({@code
   * X-Accel-Redirect}).
   *
   * @param uri a path with arguments, or a named location; the backend's word, not looked at yet
   * @param kept the fields of the backend's answer that are the client's all the same
   */
  void redirected(String uri, HeaderFields kept);
}
