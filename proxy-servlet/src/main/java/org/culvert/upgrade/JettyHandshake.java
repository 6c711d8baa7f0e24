package org.culvert.upgrade;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
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
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final Upstreams upstreams;
  private final Downstream downstream;
  private final UpstreamRequest upstream;
  private final ProxySettings settings;
  private final LocationRules location;
  private final Scope scope;
  private final Offer.Wanted offer;
  private final RelaySettings relay;
  private final HandshakeEnd end;

  private final String key = key();

  /**
   * A handshake that has not begun.
   *
   * @param downstream takes a refusal; untouched when the backend accepts
   * @param clientSend {@code send_timeout}
   */
  public JettyHandshake(
      Upstreams upstreams,
      Downstream downstream,
      ProxySettings settings,
      LocationRules location,
      Scope scope,
      Offer.Wanted offer,
      Duration clientSend,
      HandshakeEnd end) {
    this.upstreams = upstreams;
    this.downstream = downstream;
    this.settings = settings;
    this.location = location;
    this.scope = scope;
    this.offer = offer;
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

  /** What every handshake of ours says; the client's key and extensions are of its own hop. */
  private RequestHead head(RequestHead forwarded) {
    HeaderFields fields = forwarded.fields();
    fields.remove("Sec-WebSocket-Extensions");
    fields.set("Upgrade", "websocket");
    fields.set("Connection", "Upgrade");
    fields.set("Sec-WebSocket-Version", "13");
    fields.set("Sec-WebSocket-Key", key);
    return forwarded;
  }

  private static String key() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
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
      String wrong = JettyHandshake.this.wrong(answer.fields());
      return wrong == null
          ? null
          : new GatewayFailure(
              GatewayFailure.Kind.INVALID_RESPONSE,
              "upstream " + attempted.peer().address() + " accepted the WebSocket with " + wrong);
    }

    @Override
    public void switched(ResponseHead answer, EndPoint endPoint) {
      accepted(answer, new JettyBackendHop(endPoint, client.http(), () -> attempted.done()));
    }
  }

  private @Nullable String wrong(HeaderFields fields) {
    String accept = accept(key);
    if (!fields.all("Sec-WebSocket-Accept").equals(List.of(accept))) {
      return "Sec-WebSocket-Accept \"" + fields.joined("Sec-WebSocket-Accept") + '"';
    }
    if (!fields.hasToken("Upgrade", "websocket") || !fields.hasToken("Connection", "upgrade")) {
      return "Upgrade \""
          + fields.joined("Upgrade")
          + "\" and Connection \""
          + fields.joined("Connection")
          + '"';
    }
    if (fields.contains("Sec-WebSocket-Extensions")) {
      return "the extension \""
          + fields.joined("Sec-WebSocket-Extensions")
          + "\", which was not offered";
    }
    List<String> chosen = fields.all("Sec-WebSocket-Protocol");
    if (chosen.size() > 1 || (chosen.size() == 1 && !offer.subprotocols().containsAll(chosen))) {
      return "the subprotocol \"" + String.join(", ", chosen) + "\", which was not offered";
    }
    return null;
  }

  private static String accept(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  private void accepted(ResponseHead answer, Hop backend) {
    if (!upstream.claim()) {
      backend.abort();
      return;
    }
    Accepted accepted;
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
      accepted =
          new Accepted(
              backend,
              answer.fields().first("Sec-WebSocket-Protocol"),
              fields,
              relay,
              upstreams.timers());
    } catch (RuntimeException e) {
      backend.abort();
      end.unanswered(
          500,
          new HeaderFields(),
          new GatewayFailure(GatewayFailure.Kind.INTERNAL, "cannot answer: " + e, e));
      return;
    }
    end.accepted(accepted);
  }
}
