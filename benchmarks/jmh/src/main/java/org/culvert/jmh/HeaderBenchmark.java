package org.culvert.jmh;

import java.util.concurrent.TimeUnit;
import org.culvert.conf.ConfigurationException;
import org.culvert.exchange.ForwardedRequest;
import org.culvert.exchange.ForwardedResponse;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxyTarget;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The heads that are sent on: nine fields of a browser, ten of a backend. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeaderBenchmark {
  private final ProxySettings settings;
  private final org.culvert.variable.Scope scope;
  private final ProxyTarget target;
  private final ResponseHead answer =
      new ResponseHead(
          302,
          "Found",
          HeaderFields.of(
              "Server", "backend",
              "Date", "Wed, 25 Nov 2026 22:00:00 GMT",
              "Content-Type", "text/html; charset=utf-8",
              "Content-Length", "154",
              "Connection", "keep-alive",
              "Cache-Control", "no-store",
              "Location", "http://backend/orders/4712",
              "Set-Cookie", "session=0123456789abcdef; Path=/; HttpOnly; SameSite=Lax",
              "X-Runtime", "0.012",
              "Vary", "Accept-Encoding"));

  /** Reads the configuration. */
  public HeaderBenchmark() {
    try {
      settings = Sample.proxy();
      scope = Sample.scope(settings);
    } catch (ConfigurationException | GatewayFailure e) {
      throw new IllegalStateException("the sample's configuration is wrong", e);
    }
    target = scope.get(ProxyTarget.class);
  }

  /** The request rules: hop-by-hop fields away, six fields set. */
  @Benchmark
  public RequestHead request() throws GatewayFailure {
    return ForwardedRequest.plain(settings, target, scope);
  }

  /** The response rules: two fields hidden, Location and Set-Cookie rewritten. */
  @Benchmark
  public ResponseHead response() {
    return ForwardedResponse.of(answer, settings.response(), scope);
  }
}
