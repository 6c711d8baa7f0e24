package org.culvert.it.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The load generator against a backend that is faulty on purpose. */
final class LoadGeneratorIT {
  /** What {@code benchmarks/test-load} ends with where there is no gcc. */
  private static final int NO_COMPILER = 77;

  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void noticesWrongAndLostEchoesAndRefusedHandshakes() throws IOException, InterruptedException {
    Path script = Path.of("..", "benchmarks", "test-load").toAbsolutePath().normalize();
    Process process = new ProcessBuilder(script.toString()).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      assumeTrue(status != NO_COMPILER, said);
      assertThat(status).as(said).isZero();
    } finally {
      process.destroy();
    }
  }
}
