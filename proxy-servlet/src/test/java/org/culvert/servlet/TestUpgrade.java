package org.culvert.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.LocationRules;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.exchange.Upstreams;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.culvert.upgrade.Accepted;
import org.culvert.upgrade.AcceptedTunnel;
import org.culvert.upgrade.HandshakeEnd;
import org.culvert.upgrade.JettyHandshake;
import org.culvert.upgrade.Offer;
import org.culvert.upgrade.RelayEnd;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/** The smallest servlet around a handshake and its relay; anything else is answered "plain". */
final class TestUpgrade extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String ACCEPTED = "accepted";

  final transient Upstreams upstreams;
  final transient ProxySettings settings;
  final transient Duration clientSend;
  final transient BlockingQueue<RelayEnd> ends = new LinkedBlockingQueue<>();
  final transient BlockingQueue<GatewayFailure> failures = new LinkedBlockingQueue<>();
  transient JakartaUpgrade jakarta;
  transient TunnelUpgrade tunnel;

  /** Relays by Jakarta WebSocket, also where a connection's endpoint could be had. */
  transient volatile boolean jakartaAlone;

  TestUpgrade(
      InetSocketAddress backend, String scheme, Duration read, Duration send, WebSocketMode mode) {
    UpstreamSettings upstream = TestProxy.upstream(backend);
    ProxySettings plain =
        TestProxy.with(
            TestProxy.settings(upstream, scheme, true, true, rules -> rules),
            new ProxySettings.Timeouts(Duration.ofSeconds(5), send, read));
    settings =
        new ProxySettings(
            plain.pass(),
            plain.request(),
            plain.response(),
            plain.dialling(),
            plain.timeouts(),
            plain.tls(),
            plain.nextUpstream(),
            mode,
            ProxySettings.WEBSOCKET_ALONE,
            false);
    upstreams = Upstreams.open(List.of(upstream), null);
    clientSend = send;
  }

  @Override
  public void init() {
    jakarta = JakartaUpgrade.register(getServletContext());
    tunnel = new TunnelUpgrade();
  }

  /** How many relays and tunnels run. */
  int count() {
    return jakarta.count() + tunnel.count();
  }

  @Override
  public void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (request.getDispatcherType() == DispatcherType.ASYNC) {
      try {
        if (request.getAttribute(ACCEPTED) instanceof AcceptedTunnel accepted) {
          tunnel.complete(new ServletClient(request, response), accepted, ends::add);
        } else {
          jakarta.complete(
              new ServletClient(jakartaAlone ? withoutEndPoint(request) : request, response),
              (Accepted) request.getAttribute(ACCEPTED),
              ends::add);
        }
      } catch (GatewayFailure failure) {
        failures.add(failure);
        if (!response.isCommitted()) {
          response.setStatus(failure.status());
        }
      }
      return;
    }
    RequestHead head = head(request);
    Scope scope = new Scope();
    String path = request.getRequestURI();
    scope.put(
        RequestFacts.class,
        new RequestFacts(
            head,
            new RequestTarget(path, path, null, path, null),
            new ClientConnection(
                new InetSocketAddress("127.0.0.1", 1),
                new InetSocketAddress("127.0.0.1", 2),
                "http",
                1,
                1),
            "",
            null,
            "example.org",
            path));
    ResponseRecord record = new ResponseRecord();
    scope.put(ResponseRecord.class, record);
    Offer offer = Offer.of(head, settings, scope);
    if (offer instanceof Offer.NotWanted) {
      response.getOutputStream().print("plain");
    } else if (offer instanceof Offer.Refused refused) {
      response.setStatus(refused.status());
      refused.fields().forEach(f -> response.addHeader(f.name(), f.value()));
      response.getOutputStream().print("refused");
    } else {
      Downstream downstream =
          ServletDownstream.start(request, response, record, upstreams.timers());
      dial(request, downstream, scope, (Offer.Wanted) offer);
    }
  }

  /** Endpoints are asked for with HTTP/1.1 alone. */
  private static HttpServletRequest withoutEndPoint(HttpServletRequest request) {
    return new HttpServletRequestWrapper(request) {
      @Override
      public String getProtocol() {
        return "HTTP/2.0";
      }
    };
  }

  private void dial(
      HttpServletRequest request, Downstream downstream, Scope scope, Offer.Wanted offer) {
    AsyncContext async = request.getAsyncContext();
    new JettyHandshake(
            upstreams,
            downstream,
            settings,
            new LocationRules(0, status -> false, head -> {}, leg -> leg),
            scope,
            offer,
            settings.webSocket() == WebSocketMode.TUNNEL && TunnelFront.of(request) != null,
            clientSend,
            new HandshakeEnd() {
              @Override
              public void accepted(Accepted accepted) {
                request.setAttribute(ACCEPTED, accepted);
                async.dispatch();
              }

              @Override
              public void tunnelled(AcceptedTunnel accepted) {
                request.setAttribute(ACCEPTED, accepted);
                async.dispatch();
              }

              @Override
              public void answered(@Nullable GatewayFailure failure) {}

              @Override
              public void redirected(String uri, HeaderFields kept) {
                throw new AssertionError("no backend of these redirects: " + uri);
              }

              @Override
              public void unanswered(
                  int status, HeaderFields fields, @Nullable GatewayFailure failure) {
                if (failure != null) {
                  failures.add(failure);
                }
                answer(downstream, status);
              }
            })
        .start();
  }

  private static void answer(Downstream downstream, int status) {
    byte[] body = ("error " + status).getBytes(StandardCharsets.US_ASCII);
    if (status == 499) {
      downstream.abort(new IOException("gone"));
      return;
    }
    downstream.head(
        new ResponseHead(
            status, null, HeaderFields.of("Content-Length", Integer.toString(body.length))));
    downstream.write(
        ByteBuffer.wrap(body),
        false,
        new Completion() {
          @Override
          public void succeeded() {
            downstream.complete();
          }

          @Override
          public void failed(Throwable cause) {
            downstream.abort(cause);
          }
        });
  }

  private static RequestHead head(HttpServletRequest request) {
    HeaderFields fields = new HeaderFields();
    for (String name : Collections.list(request.getHeaderNames())) {
      for (String value : Collections.list(request.getHeaders(name))) {
        fields.add(name, value);
      }
    }
    boolean connect = request.getMethod().equals("CONNECT");
    if (connect) {
      fields.set("Upgrade", "websocket").set("Connection", "upgrade");
    }
    return new RequestHead(
        connect ? "GET" : request.getMethod(),
        request.getRequestURI(),
        request.getProtocol(),
        fields);
  }

  @Override
  public void destroy() {
    if (jakarta != null) {
      tunnel.close();
      jakarta.close();
    }
    upstreams.close();
  }
}
