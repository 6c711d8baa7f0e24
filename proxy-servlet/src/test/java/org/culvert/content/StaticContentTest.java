package org.culvert.content;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.culvert.encoding.GzipSettings;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.MediaTypes;
import org.culvert.http.Octets;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.RequestVariables;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers are those of nginx 1.22 to the same requests for the same files. */
class StaticContentTest {
  private static final String MODIFIED = "Tue, 02 Jan 2024 03:04:05 GMT";
  private static final String ETAG = "\"65937d25-6\"";

  private static final MediaTypes TYPES =
      new MediaTypes(Map.of("html", "text/html", "txt", "text/plain"), "application/octet-stream");

  @TempDir Path folder;
  private final VariableTable table = new VariableTable();

  @BeforeEach
  void files() throws IOException {
    RequestVariables.define(table);
    Path file = Files.writeString(folder.resolve("f.html"), "hello\n");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1704164645123L));
    Files.writeString(folder.resolve("f.bin"), "hello\n");
    Files.writeString(folder.resolve("a b.txt"), "x\n");
    Files.writeString(folder.resolve("empty.txt"), "");
    Files.createDirectories(folder.resolve("dir"));
    Files.createDirectories(folder.resolve("idx"));
    Files.writeString(folder.resolve("idx/index.html"), "index\n");
    Files.createDirectories(folder.resolve("WEB-INF"));
    Files.writeString(folder.resolve("WEB-INF/web.xml"), "secret\n");
    Files.createDirectories(folder.resolve("alias"));
    Files.writeString(folder.resolve("alias/x.txt"), "al\n");
  }

  private StaticSettings root(String path) throws Exception {
    return new StaticSettings(
        table.compile(Octets.of(path)),
        false,
        "/",
        List.of(Template.constant("none.html"), Template.constant("index.html")),
        TYPES);
  }

  private static Scope scope(String method, String target, String... fields) throws Exception {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", 80);
    return new Scope()
        .put(
            RequestFacts.class,
            new RequestFacts(
                new RequestHead(method, target, "HTTP/1.1", HeaderFields.of(fields)),
                RequestTarget.parse(target),
                new ClientConnection(address, address, "http", 1, 1),
                "",
                null,
                "h",
                target));
  }

  private StaticOutcome ask(String method, String target, String... fields) throws Exception {
    return StaticContent.answer(root(folder.toString()), scope(method, target, fields));
  }

  private static int status(StaticOutcome outcome) {
    return outcome instanceof StaticOutcome.Status status
        ? status.status()
        : ((StaticOutcome.Answered) outcome).head().status();
  }

  private static String body(StaticOutcome outcome) throws IOException {
    FileBody body = ((StaticOutcome.Answered) outcome).body();
    if (body == null) {
      return "";
    }
    try (body) {
      ByteBuffer all = ByteBuffer.allocate(2000);
      // A small buffer, so that the pieces come one after the other.
      ByteBuffer piece = ByteBuffer.allocate(7);
      while (body.read(piece) >= 0) {
        all.put(piece.flip());
        piece.clear();
      }
      assertThat(all.position()).isEqualTo((int) body.length());
      return new String(all.array(), 0, all.position(), ISO_8859_1);
    }
  }

  private static HeaderFields fields(StaticOutcome outcome) {
    return ((StaticOutcome.Answered) outcome).head().fields();
  }

  @Test
  void aFileHasNginxsFields() throws Exception {
    StaticOutcome outcome = ask("GET", "/f.html?x");
    assertThat(status(outcome)).isEqualTo(200);
    assertThat(fields(outcome).toList())
        .containsExactlyInAnyOrderElementsOf(
            HeaderFields.of(
                    "Content-Type", "text/html",
                    "Content-Length", "6",
                    "Last-Modified", MODIFIED,
                    "ETag", ETAG,
                    "Accept-Ranges", "bytes")
                .toList());
    assertThat(body(outcome)).isEqualTo("hello\n");
  }

  @Test
  void headHasTheFieldsAlone() throws Exception {
    StaticOutcome outcome = ask("HEAD", "/f.html");
    assertThat(fields(outcome).first("Content-Length")).isEqualTo("6");
    assertThat(((StaticOutcome.Answered) outcome).body()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "/f.bin,          hello, application/octet-stream",
    "/a%20b.txt,      x,     text/plain",
    "/idx/index.html, index, text/html",
    "/empty.txt,      '',    text/plain",
    "/dir/../f.html,  hello, text/html",
  })
  void filesAreFoundByTheNormalisedPath(String target, String body, String type) throws Exception {
    StaticOutcome outcome = ask("GET", target);
    assertThat(body(outcome).strip()).isEqualTo(body);
    assertThat(fields(outcome).first("Content-Type")).isEqualTo(type);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,     /nope,           404",
    "GET,     /nodir/,         404",
    "GET,     /f.html/,        404",
    "GET,     /f.html/x,       404",
    "GET,     /dir/,           403",
    "GET,     /%ff,            404",
    "GET,     /a%0ab,          404",
    "GET,     /WEB-INF/web.xml, 404",
    "GET,     /web-inf/web.xml, 404",
    "GET,     /WEB-INF/,       404",
    "POST,    /f.html,         405",
    "PUT,     /f.html,         405",
    "PUT,     /dir,            405",
    "DELETE,  /idx/,           405",
    "OPTIONS, /f.html,         405",
  })
  void whatIsNoAnswerIsAStatus(String method, String target, int status) throws Exception {
    assertThat(status(ask(method, target))).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/WEB-INF/web.xml",
        "/web-inf/web.xml",
        "/%57EB-INF/web.xml",
        "/WEB%2dINF/web.xml",
        "/WEB-INF%2fweb.xml",
        "/%2fWEB-INF/web.xml",
        "//WEB-INF//web.xml",
        "/./WEB-INF/./web.xml",
        "/dir/../WEB-INF/web.xml",
        "/dir/%2e%2e/WEB-INF/web.xml",
        "/dir/.%2E/%57%45%42-INF/web.xml",
        "/WEB-INF/../WEB-INF/web.xml",
        "/WEB-INF./web.xml",
        "/WEB-INF%20/web.xml",
        "/WEB-INF::$INDEX_ALLOCATION/web.xml",
        "/dir%5c..%5cWEB-INF%5cweb.xml",
        "/WEB-INF%00/web.xml",
        "/WEB-INF;x/web.xml",
        "/META-INF/MANIFEST.MF",
        "/meta-inf/MANIFEST.MF",
        "/META-INF",
        "/WEB-INF?x",
      })
  void noSpellingReadsWhatIsTheApplicationsOwn(String target) throws Exception {
    Files.createDirectories(folder.resolve("META-INF"));
    Files.writeString(folder.resolve("META-INF/MANIFEST.MF"), "secret\n");
    Scope scope;
    try {
      scope = scope("GET", target);
    } catch (GatewayFailure refusedByItsTarget) {
      assertThat(refusedByItsTarget.status()).isEqualTo(400);
      return;
    }
    assertThat(status(StaticContent.answer(root(folder.toString()), scope))).isEqualTo(404);
    StaticSettings below =
        new StaticSettings(Template.constant(folder + "/"), true, "/", List.of(), TYPES);
    assertThat(status(StaticContent.answer(below, scope))).isEqualTo(404);
  }

  /**
   * Where the name comes about only in the file's: by a variable, by an alias that is cut short.
   */
  @ParameterizedTest
  @CsvSource({
    "/$arg_f,  '',    /x?f=WEB-INF/web.xml",
    "/$arg_f,  '',    /x?f=./web-inf/web.xml",
    "/WEB-,    /a,    /aINF/web.xml",
    "/WEB,     /a,    /a-INF/web.xml",
    "/,        /WEB-, /WEB-WEB-INF/web.xml",
  })
  void norDoesOneThatTheConfigurationCompletes(String alias, String prefix, String target)
      throws Exception {
    StaticSettings settings =
        new StaticSettings(
            table.compile(Octets.of(folder + alias)), true, prefix, List.of(), TYPES);
    assertThat(status(StaticContent.answer(settings, scope("GET", target)))).isEqualTo(404);
  }

  @Test
  void theConfigurationMayNameAFolderOfTheApplicationsOwn() throws Exception {
    Files.writeString(folder.resolve("WEB-INF/shown.txt"), "shown");
    StaticSettings settings =
        new StaticSettings(
            Template.constant(folder + "/WEB-INF/"), true, "/files/", List.of(), TYPES);
    assertThat(body(StaticContent.answer(settings, scope("GET", "/files/shown.txt"))))
        .isEqualTo("shown");
    assertThat(status(StaticContent.answer(settings, scope("GET", "/files/WEB-INF/shown.txt"))))
        .isEqualTo(404);
  }

  @Test
  void aLinkIsFollowedAsNginxDoes() throws Exception {
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("alias"));
    assertThat(body(ask("GET", "/link/x.txt"))).isEqualTo("al\n");
  }

  @Test
  void aNameThatIsTooLongIsNotFound() throws Exception {
    assertThat(status(ask("GET", "/" + "a".repeat(300)))).isEqualTo(404);
  }

  @Test
  void namesOutsideAsciiAreFound() throws Exception {
    if (!System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8")) {
      return; // The JVM cannot name such files here.
    }
    Files.writeString(folder.resolve("\u00e9.txt"), "e");
    assertThat(body(ask("GET", "/%C3%A9.txt"))).isEqualTo("e");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void aFolderWithoutSlashIsRedirected(String method) throws Exception {
    assertThat(ask(method, "/dir?x")).isEqualTo(new StaticOutcome.Slash("/dir/"));
  }

  @Test
  void aFolderIsRedirectedInternallyToItsIndex() throws Exception {
    assertThat(ask("GET", "/idx/?z"))
        .isEqualTo(new StaticOutcome.Index(RequestTarget.internal("/idx/index.html", "z")));
  }

  @Test
  void anAbsoluteIndexIsAlwaysTaken() throws Exception {
    StaticSettings settings =
        new StaticSettings(
            Template.constant(folder.toString()),
            false,
            "/",
            List.of(Template.constant("none"), Template.constant("/app?a")),
            TYPES);
    assertThat(StaticContent.answer(settings, scope("GET", "/dir/?q")))
        .isEqualTo(new StaticOutcome.Index(RequestTarget.internal("/app?a", "q")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes=0-1       | 206 | 0-1   | he",
        "bytes=2-        | 206 | 2-5   | llo",
        "bytes=-2        | 206 | 4-5   | o",
        "bytes=-100      | 206 | 0-5   | hello",
        "bytes=0-100     | 206 | 0-5   | hello",
        "BYTES=0-1       | 206 | 0-1   | he",
        "bytes= 1 - 2    | 206 | 1-2   | el",
        "bytes=3-,9-     | 206 | 3-5   | lo",
        "bytes=0-0,9-10  | 206 | 0-0   | h",
        "bytes=9-10,0-0  | 206 | 0-0   | h",
        "bytes=-0,1-1    | 206 | 1-1   | e",
        "bytes=          | 200 |       | hello",
        "byte=0-1        | 200 |       | hello",
        "bytes=0-5,0-5   | 200 |       | hello",
      })
  void aRangeIsAPart(String range, int status, String contentRange, String body) throws Exception {
    StaticOutcome outcome = ask("GET", "/f.html", "Range", range);
    assertThat(status(outcome)).isEqualTo(status);
    assertThat(fields(outcome).first("Content-Range"))
        .isEqualTo(contentRange == null ? null : "bytes " + contentRange + "/6");
    assertThat(fields(outcome).contains("Accept-Ranges")).isEqualTo(status == 200);
    assertThat(body(outcome).strip()).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=-0",
        "bytes=9-",
        "bytes=6-",
        "bytes=5-2",
        "bytes=1-0",
        "bytes=a-b",
        "bytes=1",
        "bytes=0-1,",
        "bytes=--1",
        "bytes=99999999999999999999-"
      })
  void aRangeThatCannotBeIsRefused(String range) throws Exception {
    assertThat(ask("GET", "/f.html", "Range", range))
        .isInstanceOfSatisfying(
            StaticOutcome.Status.class,
            answer -> {
              assertThat(answer.status()).isEqualTo(416);
              assertThat(answer.fields().first("Content-Range")).isEqualTo("bytes */6");
            });
  }

  @Test
  void anEmptyFileHasNoParts() throws Exception {
    assertThat(status(ask("GET", "/empty.txt", "Range", "bytes=0-1"))).isEqualTo(200);
    assertThat(status(ask("GET", "/empty.txt", "Range", "bytes=-1"))).isEqualTo(200);
  }

  @Test
  void severalRangesAreAMultipartBody() throws Exception {
    StaticOutcome outcome = ask("GET", "/f.html", "Range", "bytes=0-0, 2-3");
    String type = fields(outcome).first("Content-Type");
    assertThat(type).matches("multipart/byteranges; boundary=\\d{20}");
    String boundary = type.substring(type.indexOf('=') + 1);
    String body = body(outcome);
    assertThat(body)
        .isEqualTo(
            "\r\n--B\r\nContent-Type: text/html\r\nContent-Range: bytes 0-0/6\r\n\r\nh"
                    .replace("B", boundary)
                + "\r\n--B\r\nContent-Type: text/html\r\nContent-Range: bytes 2-3/6\r\n\r\nll"
                    .replace("B", boundary)
                + "\r\n--B--\r\n".replace("B", boundary));
    assertThat(fields(outcome).first("Content-Length")).isEqualTo("" + body.length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT    | 304",
        "If-Modified-Since: Tue, 02 Jan 2024 03:04:06 GMT    | 200",
        "If-Modified-Since: Tuesday, 02-Jan-24 03:04:05 GMT  | 304",
        "If-Modified-Since: Tue Jan  2 03:04:05 2024         | 304",
        "If-Modified-Since: x                                | 200",
        "If-None-Match: ETAG                                 | 304",
        "If-None-Match: W/ETAG                               | 304",
        "If-None-Match: \"a\", ETAG                          | 304",
        "If-None-Match: *                                    | 304",
        "If-None-Match: \"a\"                                | 200",
        "If-None-Match: ETAG;If-Modified-Since: x            | 200",
        "If-None-Match: \"a\";If-Modified-Since: TIME        | 200",
        "If-Match: ETAG                                      | 200",
        "If-Match: *                                         | 200",
        "If-Match: W/ETAG                                    | 412",
        "If-Match: \"a\"                                     | 412",
        "If-Unmodified-Since: TIME                           | 200",
        "If-Unmodified-Since: Tue, 02 Jan 2024 03:04:04 GMT  | 412",
        "If-Unmodified-Since: x                              | 412",
        "Range: bytes=0-1;If-Range: ETAG                     | 206",
        "Range: bytes=0-1;If-Range: TIME                     | 206",
        "Range: bytes=0-1;If-Range: \"a\"                    | 200",
        "Range: bytes=0-1;If-Range: x                        | 200",
        "Range: bytes=0-1;If-None-Match: ETAG                | 304",
        "Range: bytes=99-;If-None-Match: ETAG                | 304",
      })
  void conditionsAreAnsweredAsNginxDoes(String lines, int status) throws Exception {
    String[] pairs = lines.replace("ETAG", ETAG).replace("TIME", MODIFIED).split(";|: ");
    StaticOutcome outcome = ask("GET", "/f.html", pairs);
    assertThat(status(outcome)).isEqualTo(status);
    if (status == 304) {
      assertThat(fields(outcome).toList())
          .isEqualTo(HeaderFields.of("Last-Modified", MODIFIED, "ETag", ETAG).toList());
    }
    if (outcome instanceof StaticOutcome.Answered) {
      body(outcome);
    }
  }

  @Test
  void asAnErrorPageTheFileIsWholeAndUnconditional() throws Exception {
    Scope scope = scope("GET", "/f.html", "If-None-Match", ETAG, "Range", "bytes=0-1");
    StaticOutcome outcome =
        StaticContent.answer(root(folder.toString()), GzipSettings.OFF, scope, 404);
    assertThat(status(outcome)).isEqualTo(404);
    assertThat(body(outcome)).isEqualTo("hello\n");
    assertThat(fields(outcome).contains("Last-Modified")).isFalse();
    assertThat(fields(outcome).contains("Accept-Ranges")).isFalse();
    assertThat(status(StaticContent.answer(root(folder.toString()), GzipSettings.OFF, scope, 200)))
        .isEqualTo(304);
  }

  @Test
  void anAliasReplacesTheLocationsPrefix() throws Exception {
    StaticSettings settings =
        new StaticSettings(Template.constant(folder + "/alias/"), true, "/i/", List.of(), TYPES);
    assertThat(body(StaticContent.answer(settings, scope("GET", "/i/x.txt")))).isEqualTo("al\n");
    assertThat(status(StaticContent.answer(settings, scope("GET", "/i/f.html")))).isEqualTo(404);
  }

  @Test
  void anAliasWithoutSlashOpensNothingElse() throws Exception {
    StaticSettings settings =
        new StaticSettings(Template.constant(folder + "/alias/"), true, "/i", List.of(), TYPES);
    assertThat(body(StaticContent.answer(settings, scope("GET", "/ix.txt")))).isEqualTo("al\n");
    assertThat(status(StaticContent.answer(settings, scope("GET", "/i../f.html")))).isEqualTo(404);
  }

  @Test
  void anAliasOfARegexLocationIsTheWholeName() throws Exception {
    StaticSettings settings =
        new StaticSettings(table.compile(folder + "/$arg_f"), true, "", List.of(), TYPES);
    assertThat(body(StaticContent.answer(settings, scope("GET", "/x?f=alias/x.txt"))))
        .isEqualTo("al\n");
    assertThat(status(StaticContent.answer(settings, scope("GET", "/x?f=alias/../f.html"))))
        .isEqualTo(404);
  }

  @Test
  void aRootMayHaveVariablesThatDoNotGoUp() throws Exception {
    StaticSettings settings = root(folder + "/dir/../$arg_d/");
    assertThat(body(StaticContent.answer(settings, scope("GET", "/x.txt?d=alias"))))
        .isEqualTo("al\n");
    assertThat(status(StaticContent.answer(settings, scope("GET", "/f.html?d=alias/.."))))
        .isEqualTo(404);
    assertThat(status(StaticContent.answer(root("$arg_none"), scope("GET", "/f")))).isEqualTo(404);
  }

  @Test
  void symbolicLinksAreFollowed() throws Exception {
    Files.createSymbolicLink(folder.resolve("link.txt"), folder.resolve("alias/x.txt"));
    assertThat(body(ask("GET", "/link.txt"))).isEqualTo("al\n");
  }

  @Test
  void stockTypesAreThere() {
    MediaTypes types = StockMediaTypes.load("application/octet-stream");
    assertThat(types.of("/a.css")).isEqualTo("text/css");
    assertThat(types.of("/a.JPEG")).isEqualTo("image/jpeg");
    assertThat(types.of("/a.woff2")).isEqualTo("font/woff2");
    assertThat(types.of("/a.unknown")).isEqualTo("application/octet-stream");
    assertThat(types.byExtension()).hasSizeGreaterThan(90);
  }
}
