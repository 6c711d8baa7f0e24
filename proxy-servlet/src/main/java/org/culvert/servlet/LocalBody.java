package org.culvert.servlet;

import java.nio.ByteBuffer;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.rewrite.LocalAnswer;
import org.culvert.rewrite.StatusPages;

/** Sends an answer of the proxy's own: a text, a redirect, an error's page. */
final class LocalBody {
  private LocalBody() {}

  /**
   * Sends the answer and completes the downstream.
   *
   * @param method HEAD gets the head alone
   * @param body the answer's, signed as the location wants it
   * @param fields the answer's, with what the location adds
   * @param end told once, when it is over, sent or not
   */
  static void send(
      Downstream downstream,
      String method,
      LocalAnswer answer,
      byte[] body,
      HeaderFields fields,
      Runnable end) {
    int status = answer.status();
    boolean bodiless = status == 204 || status == 304 || status < 200;
    if (!bodiless) {
      fields.set("Content-Length", Integer.toString(body.length));
    }
    downstream.head(new ResponseHead(status, StatusPages.reason(status), fields));
    FilePump.Ended ended = new FilePump.Ended(downstream, end);
    if (bodiless || method.equals("HEAD")) {
      ended.succeeded();
    } else if (body.length == 0) {
      downstream.endBody(ended);
    } else {
      downstream.write(ByteBuffer.wrap(body), false, then(downstream, ended));
    }
  }

  private static Completion then(Downstream downstream, FilePump.Ended ended) {
    return new Completion() {
      @Override
      public void succeeded() {
        downstream.endBody(ended);
      }

      @Override
      public void failed(Throwable cause) {
        ended.failed(cause);
      }
    };
  }
}
