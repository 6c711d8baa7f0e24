package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.FileSource;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Each {@code conf/NAME.conf} is read; {@code NAME.txt} beside it says what comes of that. For a
 * bad one: the error (nginx's own line, where nginx 1.22 refuses the file too). For a good one:
 * requests ("&gt; form address port host path"), and under each what answers it. The name begins
 * with "bad" for bad ones, else with the form it is read in.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GoldenConfigurationTest {
  static final Path FOLDER = Path.of("src/test/resources/conf").toAbsolutePath();

  @TestFactory
  Stream<DynamicTest> everyConfiguration() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<Path> configurations =
          files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
      assertThat(configurations).hasSizeGreaterThan(60);
      return configurations.stream()
          .map(file -> DynamicTest.dynamicTest(name(file), () -> check(file)));
    }
  }

  private static void check(Path file) throws IOException {
    Path golden = file.resolveSibling(name(file) + ".txt");
    String expected = Files.exists(golden) ? Files.readString(golden) : "";
    String actual = result(file, expected).replace(FOLDER + "/", "");
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(golden, actual);
    }
    assertThat(actual).isEqualTo(expected);
  }

  private static String result(Path file, String expected) throws IOException {
    try {
      Configuration configuration =
          ConfigurationReader.read(
              new FileSource(file),
              new Options(form(file), "/srv"),
              GoldenConfigurationTest::hosts);
      return Narration.of(configuration, expected);
    } catch (ConfigurationException e) {
      return e.located() + "\n";
    }
  }

  /** What the resolver of these tests knows. */
  static List<InetAddress> hosts(String host) throws UnknownHostException {
    if (host.endsWith(".invalid")) {
      throw new UnknownHostException(host);
    }
    return switch (host) {
      case "backend" -> List.of(InetAddress.getByAddress(host, new byte[] {10, 0, 0, 1}));
      case "two" ->
          List.of(
              InetAddress.getByAddress(host, new byte[] {10, 0, 0, 2}),
              InetAddress.getByAddress(host, new byte[] {10, 0, 0, 3}));
      default -> {
        if (host.chars().allMatch(c -> "0123456789abcdef.:%".indexOf(c) >= 0)) {
          yield List.of(InetAddress.getAllByName(host));
        }
        throw new UnknownHostException(host);
      }
    };
  }

  private static Form form(Path file) {
    String name = name(file);
    return name.startsWith("war-") ? Form.WAR : name.startsWith("jar-") ? Form.JAR : Form.LAUNCHER;
  }

  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.length() - ".conf".length());
  }
}
