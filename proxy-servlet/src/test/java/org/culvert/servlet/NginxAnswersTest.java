package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Culvert's answers are nginx's: the same configurations and requests, and what nginx said ({@code
 * nginx/answers.txt}, which {@code src/test/nginx/record-answers} writes).
 */
@Timeout(60)
class NginxAnswersTest {
  private static final Path FILE = Path.of("src/test/resources/nginx/answers.txt");
  private static final Pattern REQUEST =
      Pattern.compile("> (?:from (\\S+) )?(\\S+)((?: \\| [^|]+)*)");

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
    String http = configuration(lines, "http ");
    String server = configuration(lines, "");
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

  private static String configuration(List<String> lines, String prefix) {
    return lines.stream()
        .filter(
            line -> prefix.isEmpty() ? !line.matches("([<>#]|http) .*") : line.startsWith(prefix))
        .map(line -> line.substring(prefix.length()))
        .collect(Collectors.joining("\n"));
  }

  private static String ask(int port, String line) throws IOException {
    Matcher request = REQUEST.matcher(line);
    assertThat(request.matches()).as(line).isTrue();
    String from = request.group(1) == null ? "127.0.0.1" : request.group(1);
    try (Socket socket =
        new Socket(InetAddress.getByName("127.0.0.1"), port, InetAddress.getByName(from), 0)) {
      socket.setSoTimeout(15_000);
      String head =
          "GET "
              + request.group(2)
              + " HTTP/1.1\r\nHost: example.org\r\nConnection: close"
              + request.group(3).replace(" | ", "\r\n")
              + "\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      return "< " + answer.split(" ")[1] + (body.startsWith("<html>") ? "" : " " + body);
    }
  }
}
