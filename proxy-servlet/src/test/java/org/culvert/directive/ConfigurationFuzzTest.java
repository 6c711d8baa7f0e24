package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mutates the golden files: whatever comes out is a configuration or an error with a message, never
 * another exception, and never a wait.
 */
class ConfigurationFuzzTest {
  private static final String[] FRAGMENTS = {
    "{",
    "}",
    ";",
    "\"",
    "'",
    "\\",
    "$",
    "${",
    "#",
    "\n",
    " ",
    "\0",
    "~",
    "*",
    "@",
    "=",
    "(",
    ")",
    "[",
    "]",
    ":",
    "/",
    "..",
    "%",
    "0",
    "99999999999999999999",
    "-1",
    "server",
    "location",
    "http",
    "proxy_pass",
    "http://",
    "listen",
    "server_name",
    "return",
    "map",
    "default",
    "upstream",
    "set",
    "include part/*",
    "include /etc/hostname",
    "{{{{{{",
    "}}}}}}",
    "$1",
    "[[:alpha:]]",
    "(?<a>",
    "\\Q",
    "\u00ff",
    "types",
    "error_page",
    "1y1M",
    "8k",
    "if",
    "proxy_redirect",
    "off"
  };

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void mutatedConfigurationsAreReadOrRefused() throws IOException {
    run(1, 4_000);
  }

  @Test
  @Tag("long")
  @Timeout(value = 300, unit = TimeUnit.SECONDS)
  void manyMutatedConfigurationsAreReadOrRefused() throws IOException {
    for (int seed = 100; seed < 140; seed++) {
      run(seed, 10_000);
    }
  }

  private static void run(int seed, int rounds) throws IOException {
    List<String> corpus = corpus();
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < rounds; i++) {
      String text = mutate(corpus, random);
      Form form = Form.values()[random.nextInt(Form.values().length)];
      long start = System.nanoTime();
      try {
        ConfigurationReader.read(
            new TextSource("fuzz.conf", text, GoldenConfigurationTest.FOLDER),
            new Options(form, "/srv", random.nextInt(20) == 0 ? fragment(random) : null),
            GoldenConfigurationTest::hosts);
        read++;
      } catch (ConfigurationException e) {
        assertThat(e.getMessage()).as(text).isNotBlank();
        assertThat(e.position()).as(text + "\n" + e.getMessage()).isNotNull();
      } catch (RuntimeException | StackOverflowError e) {
        fail("seed " + seed + ", round " + i + ", " + form + ":\n" + text, e);
      }
      assertThat(System.nanoTime() - start).as(text).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }
    assertThat(read).isGreaterThan(rounds / 50);
  }

  private static List<String> corpus() throws IOException {
    List<String> corpus = new ArrayList<>();
    try (Stream<Path> files = Files.list(GoldenConfigurationTest.FOLDER)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".conf")).sorted().toList()) {
        String text = Files.readString(file);
        int weight = String.valueOf(file.getFileName()).startsWith("bad") ? 1 : 20;
        corpus.addAll(Collections.nCopies(weight, text));
      }
    }
    return corpus;
  }

  private static String mutate(List<String> corpus, Random random) {
    StringBuilder text = new StringBuilder(corpus.get(random.nextInt(corpus.size())));
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(text.length() + 1);
      int end = Math.min(text.length(), at + random.nextInt(12));
      switch (random.nextInt(5)) {
        case 0 -> text.delete(at, end);
        case 1 -> text.insert(at, fragment(random));
        case 2 -> text.replace(at, end, fragment(random));
        case 3 -> text.insert(at, line(corpus, random));
        default -> text.insert(at, text.substring(at, end));
      }
    }
    return text.toString();
  }

  private static String fragment(Random random) {
    return FRAGMENTS[random.nextInt(FRAGMENTS.length)];
  }

  private static String line(List<String> corpus, Random random) {
    String[] lines = corpus.get(random.nextInt(corpus.size())).split("\n");
    return "\n" + lines[random.nextInt(lines.length)] + "\n";
  }
}
