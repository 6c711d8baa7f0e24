package org.culvert.jmh;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.ServerSettings;
import org.culvert.http.GatewayFailure;
import org.culvert.location.LocationMatch;
import org.culvert.rewrite.RewriteRun;
import org.culvert.rewrite.RewriteStep;
import org.culvert.variable.RequestFacts;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What finding the location costs a request, and what rewriting adds: at the server a {@code set},
 * an {@code if} with a regex and two rules of which the second is for the path; then the location;
 * there a rule with a capture. All with a new scope, as each request has one; {@link #nothing} is
 * that alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RewriteBenchmark {
  private static final String CONF =
      """
      events {}
      http {
        server {
          set $kind page;
          if ($http_user_agent ~* "(bot|crawler|spider)") { return 403; }
          rewrite ^/gone/(.*)$ /archive/$1 last;
          rewrite ^/orders/([0-9]+)$ /api/orders/$1 last;
          location = / { return 200; }
          location /static/ { root html; }
          location /api/ { rewrite ^/api/(.*)$ /v2/$1?kind=$kind break; proxy_pass http://127.0.0.1:8081; }
          location / { proxy_pass http://127.0.0.1:8081; }
        }
      }
      """;

  private List<RewriteStep> none = List.of();
  private @Nullable ServerSettings server;

  /** Reads the configuration. */
  @Setup
  public void read() throws ConfigurationException {
    server =
        ConfigurationReader.read(
                new TextSource("rewrite.conf", CONF), new Options(Form.LAUNCHER, "/"))
            .servers()
            .get(0);
  }

  private Object run(boolean rewriting) throws GatewayFailure {
    RequestFacts facts = Sample.facts("/orders/4711?page=2");
    ServerSettings settings = server;
    if (settings == null) {
      throw new IllegalStateException("not set up");
    }
    org.culvert.variable.Scope scope =
        new org.culvert.variable.Scope().put(RequestFacts.class, facts);
    RewriteRun.of(rewriting ? settings.steps() : none, scope);
    LocationMatch<LocationSettings> match = settings.locations().find(facts.target().path());
    if (match == null) {
      throw new IllegalStateException("no location");
    }
    RewriteRun.of(rewriting ? match.found().steps() : none, scope);
    return facts;
  }

  /** The request alone. */
  @Benchmark
  public Object nothing() throws GatewayFailure {
    return new org.culvert.variable.Scope()
        .put(RequestFacts.class, Sample.facts("/orders/4711?page=2"));
  }

  /** With the search of its location. */
  @Benchmark
  public Object matching() throws GatewayFailure {
    return run(false);
  }

  /** With the search, and what rewrites it before and after. */
  @Benchmark
  public Object matchingAndRewriting() throws GatewayFailure {
    return run(true);
  }
}
