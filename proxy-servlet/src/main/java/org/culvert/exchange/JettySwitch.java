package org.culvert.exchange;

import org.culvert.http.GatewayFailure;
import org.culvert.http.ResponseHead;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/** Takes a connection over whose peer switched protocols as it was asked to. */
public interface JettySwitch {
  /**
   * Judges the peer's 101.
   *
   * @return what is wrong with it, or null; the connection is closed then and the attempt fails
   */
  @Nullable GatewayFailure wrong(ResponseHead answer);

  /**
   * The connection has left HTTP: it is the callee's, who installs its own on the endpoint and ends
   * the try when it is over.
   */
  void switched(ResponseHead answer, EndPoint endPoint);
}
