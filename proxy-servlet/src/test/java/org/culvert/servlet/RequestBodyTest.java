package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where a request's body is kept, and what variables and headers know of it. */
@Timeout(60)
class RequestBodyTest {
  @TempDir Path folder;

  /** Says what body came. */
  private static final TestOrigin.Script ECHO =
      talk -> {
        String body = new String(talk.request(), StandardCharsets.ISO_8859_1);
        talk.send(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body);
      };

  private TestFront start(TestFront.Kind kind, TestOrigin origin, String location)
      throws Exception {
    return TestFront.start(
        kind,
        new ProxyServlet(
            "location / { proxy_pass http://127.0.0.1:%d; %s }"
                .formatted(origin.address().getPort(), location)),
        true);
  }

  private static String post(TestFront front, String body) throws IOException {
    return send(front, "Content-Length: " + body.length() + "\r\n\r\n" + body);
  }

  private static String send(TestFront front, String rest) throws IOException {
    try (RawClient client = new RawClient(front.port())) {
      return client.send("POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + rest).rest();
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** The client has its answer a moment before the request ends. */
  private void awaitFiles(int count) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (files().size() != count && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(files()).hasSize(count);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsInMemoryIsAVariablesText(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(ECHO);
        TestFront front =
            start(
                kind,
                origin,
                "client_body_buffer_size 1k; proxy_set_header X-Body \"<$request_body>\";"
                    + "add_header X-File <$request_body_file>;")) {
      assertThat(post(front, "abc")).contains("X-File: <>").endsWith("abc");
      assertThat(origin.heads.take()).contains("X-Body: <abc>\r\n", "Content-Length: 3\r\n");
      assertThat(send(front, "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
          .endsWith("abcde");
      assertThat(origin.heads.take()).contains("X-Body: <abcde>\r\n", "Content-Length: 5\r\n");
      String fits = "x".repeat(1279); // A quarter more than the buffer, where the length is known.
      assertThat(post(front, fits)).contains("X-File: <>");
      assertThat(origin.heads.take()).contains("X-Body: <" + fits + ">\r\n");
      assertThat(post(front, fits + "x")).contains("X-File: </").endsWith(fits + "x");
      assertThat(origin.heads.take()).contains("X-Body: <>\r\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyOfOursIsMadeOfTheClients(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(ECHO);
        TestFront front =
            start(kind, origin, "proxy_set_body \"[$request_body]\"; proxy_method PUT;")) {
      assertThat(post(front, "abc")).endsWith("\r\n\r\n[abc]");
      assertThat(origin.heads.take()).startsWith("PUT /a ").contains("Content-Length: 5\r\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyThatIsNotPassedIsReadAllTheSame(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(ECHO);
        TestFront front =
            start(
                kind,
                origin,
                "proxy_pass_request_body off; proxy_request_buffering off;"
                    + " proxy_set_header Content-Length \"\";"
                    + " proxy_set_header X-Body $request_body;")) {
      assertThat(post(front, "abc")).endsWith("\r\n\r\n");
      assertThat(origin.heads.take())
          .contains("X-Body: abc\r\n")
          .doesNotContain("Content-Length: 3");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFileStaysWhereItIsAskedFor(TestFront.Kind kind) throws Exception {
    try (TestOrigin origin = new TestOrigin(ECHO);
        TestFront front =
            start(
                kind,
                origin,
                "client_body_in_file_only on; client_body_temp_path %s/bodies 1 2;"
                        .formatted(folder)
                    + "proxy_set_header X-File $request_body_file;"
                    + "proxy_set_header X-Body $request_body;")) {
      assertThat(post(front, "abc")).endsWith("abc");
      String head = origin.heads.take();
      assertThat(head).doesNotContain("X-Body");
      assertThat(files()).hasSize(1);
      Path file = files().get(0);
      assertThat(head).contains("X-File: " + file + "\r\n");
      assertThat(file).hasContent("abc");
      String number = file.getFileName().toString();
      assertThat(number).matches("\\d{10}");
      assertThat(folder.relativize(file))
          .hasToString("bodies/" + number.charAt(9) + "/" + number.substring(7, 9) + "/" + number);
      assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
      post(front, "");
      assertThat(files()).as("an empty one too").hasSize(2);
      send(front, "\r\n");
      assertThat(files()).as("none where there is no body").hasSize(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCleanFileGoesWithItsRequest(TestFront.Kind kind) throws Exception {
    TestOrigin.Script looking =
        talk -> {
          String head = talk.head();
          talk.body(head);
          String file = Wire.field(head, "X-File");
          talk.send(
              "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + Files.readString(Path.of(file)));
        };
    try (TestOrigin origin = new TestOrigin(looking);
        TestFront front =
            start(
                kind,
                origin,
                "client_body_in_file_only clean; client_body_temp_path %s;".formatted(folder)
                    + "proxy_set_body here; proxy_set_header X-File $request_body_file;")) {
      assertThat(post(front, "abc")).startsWith("HTTP/1.1 200 ").contains("\nabc");
      awaitFiles(0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whereNoFileCanBeMadeTheAnswerIs500(TestFront.Kind kind) throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    try (TestOrigin origin = new TestOrigin(ECHO);
        ErrorLog log = new ErrorLog();
        TestFront front =
            start(
                kind,
                origin,
                "client_body_in_file_only on; client_body_temp_path %s/in;".formatted(file))) {
      assertThat(post(front, "abc")).startsWith("HTTP/1.1 500 ");
      assertThat(log.with("open() \"" + file + "/in\" failed (")).hasSize(1);
    }
  }
}
