package org.culvert.servlet;

import java.util.List;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.ForwardingDownstream;
import org.culvert.http.HeaderFields;
import org.culvert.http.ResponseHead;
import org.culvert.rewrite.AddHeader;
import org.culvert.rewrite.AddHeaders;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/**
 * The client's leg where {@code add_trailer} has something to say behind the body: the body goes
 * without its length then, in chunks. The values are evaluated when it is over.
 */
final class TrailingDownstream extends ForwardingDownstream {
  private final List<AddHeader> trailers;
  private final Scope scope;
  private HeaderFields backends = new HeaderFields();

  /** The answer's where there are trailers for it, else 0. */
  private int status;

  TrailingDownstream(Downstream client, List<AddHeader> trailers, Scope scope) {
    super(client);
    this.trailers = trailers;
    this.scope = scope;
  }

  @Override
  public void head(ResponseHead head) {
    boolean trailing = hasBody(head.status()) && AddHeaders.areFor(trailers, head.status());
    status = trailing ? head.status() : 0;
    if (trailing) {
      HeaderFields fields = new HeaderFields(head.fields());
      fields.remove("Content-Length");
      super.head(new ResponseHead(head.status(), head.reason(), fields));
    } else {
      super.head(head);
    }
  }

  private boolean hasBody(int answered) {
    String method = scope.get(RequestFacts.class).head().method();
    return answered >= 200 && answered != 204 && answered != 304 && !method.equals("HEAD");
  }

  @Override
  public void trailers(HeaderFields fields) {
    backends = fields;
    super.trailers(fields);
  }

  @Override
  public void complete() {
    if (status != 0) {
      HeaderFields all = new HeaderFields(backends);
      AddHeaders.add(trailers, status, scope, all);
      super.trailers(all);
    }
    super.complete();
  }
}
