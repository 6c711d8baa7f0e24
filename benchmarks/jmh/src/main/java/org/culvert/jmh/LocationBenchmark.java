package org.culvert.jmh;

import java.util.concurrent.TimeUnit;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.LocationSettings;
import org.culvert.location.LocationMatch;
import org.culvert.location.LocationTree;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The location for a path, of the sample's nine: one exact, five prefixes, three regexes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LocationBenchmark {
  /**
   * By "=", by "^~" (no regex is tried), by the second regex, and by a prefix after all three
   * regexes.
   */
  @Param({"/", "/static/app.js", "/user/17/orders", "/api/orders/4711"})
  public String path = "";

  private LocationTree<LocationSettings> locations =
      LocationTree.<LocationSettings>builder().build();

  /** Reads the configuration. */
  @Setup
  public void read() throws ConfigurationException {
    locations = Sample.server().locations();
  }

  /** For a path. */
  @Benchmark
  public @Nullable LocationMatch<LocationSettings> find() {
    return locations.find(path);
  }
}
