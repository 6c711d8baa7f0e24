package org.culvert.upgrade;

import java.time.Duration;
import java.util.List;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Failover;
import org.culvert.exchange.ForwardedRequest;
import org.culvert.exchange.ForwardedResponse;
import org.culvert.exchange.JettyClient;
import org.culvert.exchange.JettySwitch;
import org.culvert.exchange.LocationRules;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxyTarget;
import org.culvert.exchange.RequestBody;
import org.culvert.exchange.UpstreamRequest;
import org.culvert.exchange.Upstreams;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * The handshake with the backend, before the client's is completed: chooses a peer, sends, judges
 * its 101 (RFC 6455, section 4.1), or hands its refusal to the client as any other answer of the
 * location. No thread waits; the outcome is claimed once, and a late connection, a time-out or a
 * client that left aborts what is under way.
 */
public final class JettyHandshake {
  private static final List<String> HANDSHAKE =
      List.of("Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions");

  /** What of it a stream of HTTP/2 has. */
  private static final List<String> CHOICES = HANDSHAKE.subList(1, 3);

  private final Upstreams upstreams;
  private final Downstream downstream;
  private final UpstreamRequest upstream;
  private final ProxySettings settings;
  private final LocationRules location;
  private final Scope scope;
  private final Offer.Wanted offer;
  private final RelaySettings relay;
  private final HandshakeEnd end;

  /** Whether the client's connection is to be tunnelled; decided when the target is known. */
  private boolean tunnel;

  private ServerHandshake expected = new ServerHandshake("", "", List.of(), List.of());

  /**
   * A handshake that has not begun.
   *
   * @param downstream takes a refusal; untouched when the backend accepts
   * @param tunnel whether the client's connection can be tunnelled and is to be, where the
   *     backend's can
   * @param clientSend {@code send_timeout}
   */
  public JettyHandshake(
      Upstreams upstreams,
      Downstream downstream,
      ProxySettings settings,
      LocationRules location,
      Scope scope,
      Offer.Wanted offer,
      boolean tunnel,
      Duration clientSend,
      HandshakeEnd end) {
    this.upstreams = upstreams;
    this.downstream = downstream;
    this.settings = settings;
    this.location = location;
    this.scope = scope;
    this.offer = offer;
    this.tunnel = tunnel;
    this.relay =
        new RelaySettings(settings.timeouts().read(), settings.timeouts().send(), clientSend);
    this.end = end;
    this.upstream = new UpstreamRequest(upstreams, downstream, settings, location, scope, end);
  }

  /** Begins; returns at once. */
  public void start() {
    downstream.onClientGone(
        () -> upstream.clientGone("client left during the WebSocket handshake"));
    try {
      ProxyTarget target = ProxyTarget.of(settings.pass(), scope, upstreams.groups());
      tunnel &= target.scheme().equals("http") || JettyTunnelSocket.knowsTls();
      if (!tunnel && !offer.isWebSocket()) {
        throw new GatewayFailure(
            GatewayFailure.Kind.INTERNAL,
            "an upgrade to " + offer.protocol() + " can only be tunnelled, and is not here");
      }
      upstream.send(target, head(ForwardedRequest.upgrade(settings, target, scope)), new Sent());
    } catch (GatewayFailure failure) {
      upstream.unanswered(failure);
    } catch (RuntimeException e) {
      upstream.unanswered(UpstreamRequest.defect(e));
    }
  }

  /** Ends it, wherever it is: what it has with the peer is closed, and no other peer is tried. */
  public void abort(GatewayFailure failure) {
    upstream.abort(failure);
  }

  private RequestHead head(RequestHead forwarded) {
    HeaderFields fields = forwarded.fields();
    fields.set("Upgrade", offer.protocol());
    fields.set("Connection", "Upgrade");
    String key = offer.isWebSocket() ? webSocket(fields) : "";
    if (offer.protocol().equals("h2c")) {
      String settings = clientHead().fields().first("HTTP2-Settings");
      if (settings != null) { // RFC 7540, section 3.2.1.
        fields.set("HTTP2-Settings", settings).set("Connection", "Upgrade, HTTP2-Settings");
      }
    }
    expected =
        new ServerHandshake(
            offer.protocol(),
            key,
            offer.subprotocols(),
            ServerHandshake.names(fields.joined("Sec-WebSocket-Extensions")));
    return forwarded;
  }

  /**
   * What every handshake of a WebSocket says. In a tunnel it is the client's own, but for the key
   * that a stream of HTTP/2 has not (RFC 8441, section 5); in a relay key and extensions are the
   * hop's.
   *
   * @return the key
   */
  private String webSocket(HeaderFields fields) {
    String key = null;
    if (tunnel && hasKey()) {
      key = clientHead().fields().first("Sec-WebSocket-Key");
    }
    if (key == null) {
      key = ServerHandshake.newKey();
    }
    if (!tunnel) {
      fields.remove("Sec-WebSocket-Extensions");
    }
    fields.set("Sec-WebSocket-Version", "13");
    fields.set("Sec-WebSocket-Key", key);
    return key;
  }

  private RequestHead clientHead() {
    return scope.get(RequestFacts.class).head();
  }

  /** Whether the client's handshake is that of HTTP/1.1: with a key, and a 101 in answer. */
  private boolean hasKey() {
    return clientHead().protocol().equals("HTTP/1.1");
  }

  /** A handshake has no body. */
  private final class Sent implements UpstreamRequest.Message {
    @Override
    public @Nullable RequestBody body() {
      return null;
    }

    @Override
    public boolean isRepeatable() {
      return true;
    }

    @Override
    public JettySwitch switching(Failover.Try attempted, JettyClient client) {
      return new Switch(attempted, client);
    }
  }

  /** The peer switched. */
  private final class Switch implements JettySwitch {
    private final Failover.Try attempted;
    private final JettyClient client;

    Switch(Failover.Try attempted, JettyClient client) {
      this.attempted = attempted;
      this.client = client;
    }

    @Override
    public @Nullable GatewayFailure wrong(ResponseHead answer) {
      String wrong = expected.wrong(answer.fields());
      return wrong == null
          ? null
          : new GatewayFailure(
              GatewayFailure.Kind.INVALID_RESPONSE,
              "upstream "
                  + attempted.peer().address()
                  + " accepted the "
                  + (offer.isWebSocket() ? "WebSocket" : "upgrade to " + offer.protocol())
                  + " with "
                  + wrong);
    }

    @Override
    public void switched(ResponseHead answer, EndPoint endPoint) {
      if (!tunnel) {
        accepted(
            answer, JettyHop.ofBackend(endPoint, upstreams.timers(), attempted.ending()), client);
      } else if (JettyTunnelSocket.isIn(endPoint)) {
        endPoint.upgrade(
            JettyTunnelSocket.of(endPoint, socket -> tunnelled(answer, socket, attempted)));
      } else { // No relay either: client and backend have agreed on key and extensions.
        endPoint.close();
        attempted.done();
        upstream.unanswered(
            new GatewayFailure(
                GatewayFailure.Kind.INTERNAL,
                "the connection to " + attempted.peer().address() + " has no socket to tunnel"));
      }
    }
  }

  private void accepted(ResponseHead answer, Hop backend, JettyClient client) {
    HeaderFields fields = claim(answer, backend::abort);
    if (fields != null) {
      end.accepted(
          new Accepted(
              backend,
              answer.fields().first("Sec-WebSocket-Protocol"),
              fields,
              relay,
              upstreams.timers(),
              client));
    }
  }

  /** The handshake's own fields go to the client as the backend made them. */
  private void tunnelled(ResponseHead answer, JettyTunnelSocket backend, Failover.Try attempted) {
    backend.whenClosed(attempted.ending());
    HeaderFields fields = claim(answer, backend::close);
    if (fields != null) {
      HeaderFields whole = new HeaderFields();
      List<String> handshake = CHOICES;
      if (hasKey()) {
        whole.add("Upgrade", offer.protocol()).add("Connection", "Upgrade");
        handshake = HANDSHAKE;
      }
      for (String name : handshake) {
        answer.fields().all(name).forEach(value -> whole.add(name, value));
      }
      whole.addAll(fields.toList());
      end.tunnelled(
          new AcceptedTunnel(
              backend,
              whole,
              offer.isWebSocket() ? ServerHandshake.reservedBits(answer.fields()) : null,
              relay,
              upstreams.timers()));
    }
  }

  /**
   * Claims the outcome for a 101.
   *
   * @return the fields for the client without the handshake's own; null when the backend was cut
   *     off
   */
  private @Nullable HeaderFields claim(ResponseHead answer, Runnable abort) {
    if (!upstream.claim()) {
      abort.run();
      return null;
    }
    try {
      ResponseHead forwarded = ForwardedResponse.of(answer, settings.response(), scope);
      location.addHeaders().accept(forwarded);
      HeaderFields fields = forwarded.fields();
      fields.removeIf(
          field ->
              field.name().regionMatches(true, 0, "Sec-WebSocket-", 0, 14)
                  || field.is("Upgrade")
                  || field.is("Connection")
                  || field.is("Content-Length"));
      return fields;
    } catch (RuntimeException e) {
      abort.run();
      end.unanswered(
          500,
          new HeaderFields(),
          new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot answer: " + e, e));
      return null;
    }
  }
}
