package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.culvert.http.HttpDate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Culvert's answers are nginx's: the same configurations and requests, and what nginx said ({@code
 * nginx/answers.txt}, which {@code src/test/nginx/record-answers} writes).
 */
@Timeout(60)
class NginxAnswersTest {
  private static final Path FILE = Path.of("src/test/resources/nginx/answers.txt");
  private static final Pattern REQUEST =
      Pattern.compile("> (?:from (\\S+) )?(?:([A-Z]+) )?(\\S+)((?: \\| [^|]+)*)");

  @TempDir static Path folder;
  private static TestOrigin backend;

  @BeforeAll
  static void prepare() throws IOException {
    Files.createDirectory(folder.resolve("sub"));
    Files.writeString(folder.resolve("a.txt"), "file a");
    Files.writeString(folder.resolve("sub/index.html"), "index of sub");
    Files.writeString(folder.resolve("sub/b.txt"), "file b");
    assertThat(Files.writeString(folder.resolve("run.txt"), "run").toFile().setExecutable(true))
        .isTrue();
    Files.setLastModifiedTime(
        folder.resolve("a.txt"), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    Files.copy(FILE.resolveSibling("users"), folder.resolve("users"));
    backend = new TestOrigin(NginxAnswersTest::saysWhatItWasAsked);
  }

  @AfterAll
  static void end() throws IOException {
    backend.close();
  }

  private static void saysWhatItWasAsked(TestOrigin.Talk talk) throws IOException {
    List<String> lines = talk.head().lines().toList();
    String body =
        Stream.concat(
                Stream.of(lines.get(0).replaceFirst(" HTTP/.*", "")),
                lines.stream()
                    .filter(line -> line.startsWith("X-"))
                    .map(line -> line.replaceFirst(": ", "=")))
            .collect(Collectors.joining(" "));
    talk.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  @TestFactory
  Stream<DynamicTest> answersAsNginxDoes() throws IOException {
    return Arrays.stream(Files.readString(FILE).split("\n\n"))
        .map(block -> block.strip().lines().toList())
        .filter(lines -> lines.stream().anyMatch(line -> line.startsWith("> ")))
        .map(
            lines ->
                DynamicTest.dynamicTest(lines.get(0).substring(2), () -> answersAsRecorded(lines)));
  }

  private static void answersAsRecorded(List<String> lines) throws Exception {
    String http = joined(lines, line -> line.startsWith("http "));
    String server = joined(lines, line -> !line.matches("([<>#]|http) .*"));
    ProxyServlet proxy =
        new ProxyServlet("events {} http {\n" + http + "\nserver {\n" + server + "\n} }");
    List<String> answered = new ArrayList<>();
    try (TestFront front = TestFront.start(TestFront.Kind.JETTY, proxy, true)) {
      for (String line : lines) {
        if (line.startsWith("> ")) {
          answered.add(line);
          answered.add(ask(front.port(), line));
        }
      }
    }
    assertThat(answered).isEqualTo(lines.stream().filter(l -> l.matches("[<>] .*")).toList());
  }

  private static String joined(List<String> lines, Predicate<String> which) {
    return lines.stream()
        .filter(which)
        .map(line -> line.replaceFirst("^http ", ""))
        .map(line -> line.replace("BACKEND", "http://127.0.0.1:" + backend.address().getPort()))
        .map(line -> line.replace("FOLDER", folder.toString()))
        .collect(Collectors.joining("\n"));
  }

  /**
   * Expires, in seconds from Date where it is not one of nginx's fixed dates, and Cache-Control.
   */
  private static String ages(String answer) {
    String head = answer.substring(0, answer.indexOf("\r\n\r\n") + 2);
    String expires = field("Expires", head);
    if (!expires.isEmpty() && !expires.matches(".* (1970|2020|2037) .*")) {
      long seconds = HttpDate.parse(expires) - HttpDate.parse(field("Date", head));
      expires = "%+d".formatted(Math.round(seconds / 10.0) * 10);
    }
    String control = field("Cache-Control", head);
    return (expires.isEmpty() ? "" : " Expires=" + expires)
        + (control.isEmpty() ? "" : " Cache-Control=" + control);
  }

  private static String field(String name, String head) {
    Matcher field = Pattern.compile("\r\n" + name + ": (.*)").matcher(head);
    return field.results().map(found -> found.group(1)).collect(Collectors.joining(", "));
  }

  private static String ask(int port, String line) throws IOException {
    Matcher request = REQUEST.matcher(line);
    assertThat(request.matches()).as(line).isTrue();
    String from = request.group(1) == null ? "127.0.0.1" : request.group(1);
    String method = request.group(2) == null ? "GET" : request.group(2);
    String fields = request.group(4).replace(" | ", "\r\n");
    try (RawClient client = new RawClient(port, from)) {
      client.send(method + " " + request.group(3) + " HTTP/1.1\r\nHost: example.org");
      String answer = client.send(fields + "\r\nConnection: close\r\n\r\n").rest();
      String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      Matcher location = Pattern.compile("\r\n(?:Location|WWW-Authenticate): (.*)").matcher(answer);
      String answered =
          "< "
              + answer.split(" ")[1]
              + (location.find() ? " " + location.group(1).replace(":" + port, ":PORT") : "")
              + ages(answer)
              + (body.startsWith("<html>") ? "" : " " + body.strip());
      return answered.replace(folder.toString(), "FOLDER");
    }
  }
}
