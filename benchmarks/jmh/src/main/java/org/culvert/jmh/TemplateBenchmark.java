package org.culvert.jmh;

import java.util.concurrent.TimeUnit;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxySettings.SetHeader;
import org.culvert.variable.RequestVariables;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Variables and templates of one request. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TemplateBenchmark {
  private org.culvert.variable.Scope scope = new org.culvert.variable.Scope();
  private Template text = Template.constant("");
  private Template one = text;
  private Template several = text;
  private Template mapped = text;

  /** Compiles. */
  @Setup
  public void compile() throws Exception {
    ProxySettings settings = Sample.proxy();
    scope = Sample.scope(settings);
    VariableTable table = new VariableTable();
    RequestVariables.define(table);
    text = table.compile("no variable");
    one = table.compile("$http_user_agent");
    several = table.compile("$scheme://$host$request_uri from $remote_addr:$remote_port");
    mapped =
        settings.request().setHeaders().stream()
            .filter(header -> header.name().equals("Connection"))
            .map(SetHeader::value)
            .findFirst()
            .orElseThrow();
  }

  /** Text only. */
  @Benchmark
  public String constant() {
    return text.evaluate(scope);
  }

  /** One field of the request. */
  @Benchmark
  public String field() {
    return one.evaluate(scope);
  }

  /** Five variables and text. */
  @Benchmark
  public String five() {
    return several.evaluate(scope);
  }

  /** A {@code map} of two lines. */
  @Benchmark
  public String map() {
    return mapped.evaluate(scope);
  }
}
