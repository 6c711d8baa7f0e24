package org.culvert.exchange;

import java.io.IOException;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.Octets;
import org.culvert.http.RequestHead;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One client request with all its upstream attempts: makes the head, takes the body, then sends
 * both, as often as there are attempts ({@link UpstreamRequest}). Reads top to bottom in the order
 * in which it happens. No thread waits.
 */
public final class Exchange {
  private final Upstreams upstreams;
  private final Downstream downstream;
  private final ProxySettings settings;
  private final LocationRules location;
  private final Scope scope;
  private final UpstreamRequest upstream;

  private volatile @Nullable BufferedBody buffered;
  private volatile @Nullable RequestBody streamed;
  private volatile @Nullable ProxyTarget target;
  private volatile boolean streamedRead;

  /**
   * An exchange that has not begun.
   *
   * @param scope has RequestFacts; gets Attempts, ProxyTarget and where it was buffered the
   *     BufferedBody, which whoever ends the request closes. The target is evaluated on the thread
   *     that calls {@link #start}, the head and {@code proxy_set_body} when the body is here, whose
   *     text they may have
   */
  public Exchange(
      Upstreams upstreams,
      Downstream downstream,
      ProxySettings settings,
      LocationRules location,
      Scope scope,
      ExchangeEnd end) {
    this.upstreams = upstreams;
    this.downstream = downstream;
    this.settings = settings;
    this.location = location;
    this.scope = scope;
    this.upstream = new UpstreamRequest(upstreams, downstream, settings, location, scope, end);
  }

  /** Begins; returns at once. */
  public void start() {
    downstream.onClientGone(this::clientGone);
    if (upstream.isAborted()) {
      return;
    }
    try {
      target = ProxyTarget.of(settings.pass(), scope, upstreams.groups());
      takeBody();
    } catch (GatewayFailure failure) {
      upstream.unanswered(failure);
    } catch (RuntimeException e) {
      upstream.unanswered(UpstreamRequest.defect(e));
    }
  }

  private void clientGone() {
    if (!settings.ignoreClientAbort()) {
      upstream.clientGone(
          "client prematurely closed connection, so upstream connection is closed too");
    }
  }

  /** Ends it, wherever it is: what it has with the peer is closed, and no other peer is tried. */
  public void abort(GatewayFailure failure) {
    upstream.abort(failure);
  }

  /** As nginx: all of it is read, whatever is sent, unless it is passed on as it comes. */
  private void takeBody() throws GatewayFailure {
    BufferedBody before = scope.find(BufferedBody.class);
    if (before != null && before.isWhole()) {
      dial(before);
      return;
    }
    RequestBody client = downstream.body();
    long limit = location.maxBodySize();
    if (limit > 0 && client.length() > limit) {
      throw new GatewayFailure(
          GatewayFailure.Kind.BODY_TOO_LARGE,
          "client intended to send too large body: " + client.length() + " bytes");
    }
    ProxySettings.RequestRules rules = settings.request();
    if (client.length() == 0 && !(inFileOnly() && saysLength())) {
      dial(null);
      return;
    }
    RequestBody limited =
        limit > 0 && client.length() < 0 ? new LimitedBody(client, limit) : client;
    if (isStreamed(rules, client)) {
      streamed = limited;
      dial(null);
    } else {
      BufferedBody whole = new BufferedBody(rules.bodyBuffering(), client.length());
      scope.put(BufferedBody.class, whole);
      new BodyCollector(limited, whole, () -> dialGuarded(whole), upstream::unanswered).start();
    }
  }

  /** HTTP/1.0 has no chunks: there the length must be known. */
  private static boolean isStreamed(ProxySettings.RequestRules rules, RequestBody client) {
    return !rules.buffering()
        && rules.body() == null
        && rules.passBody()
        && (client.length() >= 0 || !rules.httpVersion().equals("1.0"));
  }

  private boolean inFileOnly() {
    return settings.request().bodyBuffering().inFileOnly() != ProxySettings.InFileOnly.OFF;
  }

  private boolean saysLength() {
    return scope.get(RequestFacts.class).head().fields().contains("Content-Length");
  }

  private void dialGuarded(@Nullable BufferedBody body) {
    try {
      dial(body);
    } catch (GatewayFailure failure) {
      upstream.unanswered(failure);
    } catch (RuntimeException e) {
      upstream.unanswered(UpstreamRequest.defect(e));
    }
  }

  /**
   * Makes the head and sends it.
   *
   * @param body the client's, where it was buffered
   */
  private void dial(@Nullable BufferedBody body) throws GatewayFailure {
    ProxySettings.RequestRules rules = settings.request();
    if (rules.body() != null) {
      buffered = BufferedBody.of(Octets.bytes(rules.body().evaluate(scope)));
    } else if (rules.passBody()) {
      buffered = body;
    }
    ProxyTarget to = known(target);
    RequestHead head = ForwardedRequest.plain(settings, to, scope);
    upstream.send(to, framed(head), new Sent());
  }

  /**
   * The body as it was taken: a buffered one can be sent again, a streamed one that was begun not.
   */
  private final class Sent implements UpstreamRequest.Message {
    /** The last attempt's. An earlier one may still be about to read when another is made. */
    private @Nullable MarkedBody latest;

    private synchronized MarkedBody begun(MarkedBody body) {
      latest = body;
      return body;
    }

    private synchronized boolean mayRead(MarkedBody body) {
      if (latest != body) {
        return false;
      }
      streamedRead = true;
      return true;
    }

    @Override
    public @Nullable RequestBody body() {
      BufferedBody whole = buffered;
      if (whole != null) {
        return whole.length() == 0 ? null : whole.reader();
      }
      RequestBody stream = streamed;
      return stream == null ? null : begun(new MarkedBody(stream, this));
    }

    @Override
    public boolean isRepeatable() {
      synchronized (this) {
        latest = null; // From here on no attempt before the next one takes anything of it.
        return !streamedRead;
      }
    }

    @Override
    public @Nullable JettySwitch switching(Failover.Try attempted, JettyClient client) {
      return null;
    }
  }

  /** A length of 0 that the client said is said on. */
  private RequestHead framed(RequestHead plain) {
    BufferedBody whole = buffered;
    RequestBody stream = streamed;
    long length = whole != null ? whole.length() : stream != null ? stream.length() : 0;
    if (length > 0 || (length == 0 && saysLength() && settings.request().passBody())) {
      plain.fields().add("Content-Length", Long.toString(length));
    }
    return plain;
  }

  /** A streamed body remembers that it was begun: it cannot be sent twice. */
  private final class MarkedBody implements RequestBody {
    private final RequestBody body;
    private final Sent of;

    MarkedBody(RequestBody body, Sent of) {
      this.body = body;
      this.of = of;
    }

    @Override
    public long length() {
      return body.length();
    }

    @Override
    public int read(java.nio.ByteBuffer into) throws IOException {
      if (!of.mayRead(this)) {
        throw new IOException("the request has gone to another connection");
      }
      return body.read(into);
    }

    @Override
    public void demand(Runnable ready) {
      body.demand(ready);
    }

    @Override
    public HeaderFields trailers() {
      return body.trailers();
    }
  }

  private static <T> T known(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("the exchange has not begun");
    }
    return value;
  }
}
