package org.culvert.servlet;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.UnaryOperator;
import org.culvert.exchange.BufferedBody;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;
import org.culvert.exchange.Exchange;
import org.culvert.exchange.ExchangeEnd;
import org.culvert.exchange.LocationRules;
import org.culvert.exchange.ProxyPass;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.Upstreams;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.http.ResponseHead;
import org.culvert.observe.ResponseRecord;
import org.culvert.upstream.Attempts;
import org.culvert.upstream.PeerSettings;
import org.culvert.upstream.UpstreamSettings;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/** The smallest servlet around an exchange: one location, one upstream. */
final class TestProxy extends HttpServlet {
  private static final long serialVersionUID = 1L;

  /** How a request ended. */
  record End(int status, boolean answered, @Nullable GatewayFailure failure, Attempts attempts) {}

  final transient Upstreams upstreams;
  final transient ProxySettings settings;
  final transient BlockingQueue<End> ends = new LinkedBlockingQueue<>();
  transient long maxBodySize = 1 << 20;
  transient Duration sendTimeout = Duration.ofSeconds(60);

  TestProxy(UpstreamSettings upstream, ProxySettings settings) {
    this.upstreams = Upstreams.open(List.of(upstream), null);
    this.settings = settings;
  }

  static UpstreamSettings upstream(InetSocketAddress... addresses) {
    return new UpstreamSettings(
        "backend",
        Arrays.stream(addresses).map(a -> PeerSettings.of(a, a.getHostString())).toList(),
        32);
  }

  static ProxySettings settings(UpstreamSettings upstream) {
    return settings(upstream, "http", true, true, rules -> rules);
  }

  static ProxySettings settings(
      UpstreamSettings upstream,
      String scheme,
      boolean requestBuffering,
      boolean buffering,
      UnaryOperator<ProxySettings> change) {
    return change.apply(
        new ProxySettings(
            new ProxyPass.Fixed(scheme, "backend", 80, upstream, null, "/"),
            new ProxySettings.RequestRules(
                "1.1",
                null,
                null,
                List.of(
                    new ProxySettings.SetHeader("Host", Template.constant("backend")),
                    new ProxySettings.SetHeader("Connection", Template.constant(""))),
                true,
                true,
                requestBuffering,
                ProxySettings.BodyBuffering.of(16384)),
            new ProxySettings.ResponseRules(
                Set.of("date", "server", "x-pad", "x-accel-buffering", "x-accel-redirect"),
                Set.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                true,
                ProxySettings.Ranges.BACKENDS,
                buffering,
                65536,
                4096,
                false,
                null),
            ProxySettings.Dialling.USUAL,
            new ProxySettings.Timeouts(
                Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5)),
            new ProxySettings.UpstreamTls(false, null, false, null),
            new ProxySettings.NextUpstream(true, true, false, false, Set.of(), 0, Duration.ZERO),
            ProxySettings.WebSocketMode.BY_HEADERS,
            ProxySettings.WEBSOCKET_ALONE,
            false));
  }

  static ProxySettings with(ProxySettings s, ProxySettings.Timeouts timeouts) {
    return new ProxySettings(
        s.pass(),
        s.request(),
        s.response(),
        s.dialling(),
        timeouts,
        s.tls(),
        s.nextUpstream(),
        s.webSocket(),
        s.upgradeProtocols(),
        s.ignoreClientAbort());
  }

  static ProxySettings with(ProxySettings s, ProxySettings.NextUpstream next) {
    return new ProxySettings(
        s.pass(),
        s.request(),
        s.response(),
        s.dialling(),
        s.timeouts(),
        s.tls(),
        next,
        s.webSocket(),
        s.upgradeProtocols(),
        s.ignoreClientAbort());
  }

  static ProxySettings with(ProxySettings s, ProxySettings.UpstreamTls tls) {
    return new ProxySettings(
        s.pass(),
        s.request(),
        s.response(),
        s.dialling(),
        s.timeouts(),
        tls,
        s.nextUpstream(),
        s.webSocket(),
        s.upgradeProtocols(),
        s.ignoreClientAbort());
  }

  static ProxySettings with(ProxySettings s, ProxySettings.RequestRules request) {
    return new ProxySettings(
        s.pass(),
        request,
        s.response(),
        s.dialling(),
        s.timeouts(),
        s.tls(),
        s.nextUpstream(),
        s.webSocket(),
        s.upgradeProtocols(),
        s.ignoreClientAbort());
  }

  private static RequestFacts facts(HttpServletRequest request) {
    HeaderFields fields = new HeaderFields();
    for (String name : Collections.list(request.getHeaderNames())) {
      for (String value : Collections.list(request.getHeaders(name))) {
        fields.add(name, value);
      }
    }
    String path = request.getRequestURI();
    String query = request.getQueryString();
    String raw = query == null ? path : path + "?" + query;
    return new RequestFacts(
        new RequestHead(request.getMethod(), raw, request.getProtocol(), fields),
        new RequestTarget(raw, path, query, path, null),
        new ClientConnection(
            new InetSocketAddress("127.0.0.1", 1),
            new InetSocketAddress("127.0.0.1", 2),
            "http",
            1,
            1),
        "",
        null,
        "example.org",
        raw);
  }

  @Override
  public void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
    AsyncRequest.cutShort(request);
    ResponseRecord record = new ResponseRecord();
    Scope scope = new Scope();
    scope.put(RequestFacts.class, facts(request)).put(ResponseRecord.class, record);
    if (request.isAsyncSupported()) {
      ServletDownstream downstream =
          ServletDownstream.start(request, response, record, upstreams.timers());
      downstream.sendTimeout(sendTimeout);
      start(downstream, scope, record);
    } else {
      BlockingDownstream downstream = new BlockingDownstream(request, response, record);
      start(downstream, scope, record);
      downstream.await();
    }
  }

  private void start(Downstream downstream, Scope scope, ResponseRecord record) {
    new Exchange(
            upstreams,
            downstream,
            settings,
            new LocationRules(maxBodySize, status -> false, head -> {}),
            scope,
            new ExchangeEnd() {
              @Override
              public void answered(@Nullable GatewayFailure failure) {
                close(scope);
                ends.add(new End(record.status(), true, failure, scope.get(Attempts.class)));
              }

              @Override
              public void redirected(String uri, HeaderFields kept) {
                throw new AssertionError("no backend of these redirects: " + uri);
              }

              @Override
              public void unanswered(
                  int status, HeaderFields fields, @Nullable GatewayFailure failure) {
                close(scope);
                Attempts attempts = scope.find(Attempts.class);
                ends.add(
                    new End(status, false, failure, attempts == null ? new Attempts() : attempts));
                error(downstream, status, failure);
              }
            })
        .start();
  }

  private static void close(Scope scope) {
    BufferedBody body = scope.find(BufferedBody.class);
    if (body != null) {
      body.close();
    }
  }

  private static void error(Downstream downstream, int status, @Nullable GatewayFailure failure) {
    if (status == 499) {
      downstream.abort(failure == null ? new IOException("gone") : failure);
      return;
    }
    byte[] body = ("error " + status).getBytes(StandardCharsets.US_ASCII);
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

  @Override
  public void destroy() {
    upstreams.close();
  }
}
