package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.culvert.conf.FileSource;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The configurations that the manual shows and the archive ships are read. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class SnippetsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final HostLookup ANY_NAME = name -> List.of(InetAddress.getLoopbackAddress());
  private static final Pattern SNIPPET = Pattern.compile("```nginx\n(.*?)```", Pattern.DOTALL);

  @TestFactory
  Stream<DynamicTest> everySnippetOfTheManual() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    var snippets = SNIPPET.matcher(readme).results().map(found -> found.group(1)).toList();
    assertThat(snippets).hasSize(2);
    return snippets.stream()
        .map(
            text -> DynamicTest.dynamicTest(text.lines().findFirst().orElse(""), () -> read(text)));
  }

  private static void read(String text) throws Exception {
    ConfigurationReader.read(
        new TextSource("README.md", text), new Options(Form.JAR, "/srv"), ANY_NAME);
  }

  @TestFactory
  Stream<DynamicTest> everyFileOfTheArchive(@TempDir Path prefix) throws IOException {
    Files.createFile(prefix.resolve("example.com.pem"));
    Files.createFile(prefix.resolve("example.com.key"));
    try (Stream<Path> shipped =
        Files.list(ROOT.resolve("distribution/archive/src/main/home/conf"))) {
      for (Path file : shipped.toList()) {
        Files.copy(file, prefix.resolve(file.getFileName()));
      }
    }
    try (Stream<Path> files = Files.list(prefix)) {
      return files.filter(file -> file.toString().contains(".conf")).toList().stream()
          .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> read(file)));
    }
  }

  private static void read(Path file) throws Exception {
    ConfigurationReader.read(new FileSource(file), new Options(Form.LAUNCHER, "/srv"), ANY_NAME);
  }
}
