package org.culvert.content;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.culvert.encoding.GzipSettings;
import org.culvert.http.Octets;
import org.culvert.http.RequestTarget;
import org.culvert.http.UriEscaping;
import org.culvert.observe.Errno;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers from files as nginx's static and index modules do. Reads the file system on the calling
 * thread; symbolic links are followed ({@code disable_symlinks off}). No path leaves the folder,
 * and none enters WEB-INF or META-INF (Servlet specification, section 10.5).
 */
public final class StaticContent {
  private static final Logger LOG = LoggerFactory.getLogger(StaticContent.class);
  private static final Pattern UP = Pattern.compile("(?<=^|/)\\.\\.(?=/|$)");

  /** With the ends that Windows does not see in a name. */
  private static final Pattern PRIVATE =
      Pattern.compile("(?<=[/\\\\])(WEB|META)-INF[. ]*(?=[/\\\\:]|$)", Pattern.CASE_INSENSITIVE);

  private final StaticSettings settings;
  private final Scope scope;
  private final RequestFacts facts;
  private final RequestTarget target;

  /** The status that the answer has, 0 for the file's own. */
  private final int status;

  private final GzipSettings gzip;

  private StaticContent(StaticSettings settings, GzipSettings gzip, Scope scope, int status) {
    this.settings = settings;
    this.gzip = gzip;
    this.scope = scope;
    this.facts = scope.get(RequestFacts.class);
    this.target = facts.target();
    this.status = status;
  }

  /** What the request of the scope comes to. */
  public static StaticOutcome answer(StaticSettings settings, Scope scope) {
    return answer(settings, GzipSettings.OFF, scope, 0);
  }

  /**
   * What it comes to where {@code error_page} chose the status.
   *
   * @param gzip what becomes of the body later, and whether a compressed twin is sent instead
   * @param status the status that the answer is to have, 0 or 200 for the file's own
   */
  public static StaticOutcome answer(
      StaticSettings settings, GzipSettings gzip, Scope scope, int status) {
    return new StaticContent(settings, gzip, scope, status == 200 ? 0 : status).answer();
  }

  private StaticOutcome answer() {
    String method = facts.head().method();
    boolean post = method.equals("POST");
    if (!method.equals("GET") && !method.equals("HEAD") && !post) {
      return new StaticOutcome.Status(405);
    }
    if (settings.alias() && facts.isRewrittenInPlace()) {
      LOG.error(
          "\"alias\" cannot be used where \"{}\" was rewritten", UriEscaping.path(target.path()));
      return new StaticOutcome.Status(500);
    }
    try {
      if (target.path().endsWith("/")) {
        return index();
      }
      Path file = path(target.path(), settings, scope);
      if (file == null) {
        return new StaticOutcome.Status(404);
      }
      StaticOutcome prepared = prepared(file);
      if (prepared != null) {
        return prepared;
      }
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (attributes.isDirectory()) {
        return new StaticOutcome.Slash(target.path() + "/");
      }
      if (!attributes.isRegularFile()) {
        return new StaticOutcome.Status(404);
      }
      return post ? new StaticOutcome.Status(405) : file(file, attributes, false);
    } catch (AccessDeniedException e) {
      return failed(403, e);
    } catch (FileSystemException e) {
      // Not there, a file where a folder should be, a name that is too long.
      return failed(404, e);
    } catch (IOException e) {
      return failed(500, e);
    }
  }

  /** The compressed twin of a file, which need not be there itself; null where it has none. */
  private @Nullable StaticOutcome prepared(Path file) throws IOException {
    if (gzip.prepared() == GzipSettings.Prepared.OFF || facts.head().method().equals("POST")) {
      return null;
    }
    Path twin = file.resolveSibling(file.getFileName() + ".gz");
    if (!Files.isRegularFile(twin)) {
      return null;
    }
    if (gzip.prepared() == GzipSettings.Prepared.ON) {
      scope.put(GzipSettings.Twin.class, GzipSettings.Twin.FOUND);
    }
    if (!gzip.prefersPrepared(facts.head())) {
      return null;
    }
    return file(twin, Files.readAttributes(twin, BasicFileAttributes.class), true);
  }

  private StaticOutcome file(Path file, BasicFileAttributes attributes, boolean compressed)
      throws IOException {
    FileChannel channel = FileChannel.open(file);
    try {
      FileAnswer answer =
          new FileAnswer(
              facts.head(),
              compressed,
              gzip,
              channel,
              channel.size(),
              attributes.lastModifiedTime().to(TimeUnit.SECONDS),
              facts.mediaType(settings.types()),
              settings.rules());
      return status == 0 ? answer.outcome() : answer.outcome(status);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private StaticOutcome index() throws IOException {
    for (Template template : settings.index()) {
      String name = template.evaluate(scope);
      if (name.startsWith("/")) {
        return new StaticOutcome.Index(RequestTarget.internal(name, target.query()));
      }
      Path file = path(target.path() + name, settings, scope);
      if (file != null && Files.isRegularFile(file)) {
        return new StaticOutcome.Index(
            RequestTarget.internal(target.path() + name, target.query()));
      }
    }
    Path folder = path(target.path(), settings, scope);
    if (folder == null || !Files.isDirectory(folder)) {
      return new StaticOutcome.Status(404);
    }
    return new StaticOutcome.Status(403, "directory index of \"" + folder + "/\" is forbidden");
  }

  /** The file for a URI, or null where none can have that name. */
  static @Nullable Path path(String uri, StaticSettings settings, Scope scope) {
    String whole = settings.file(uri, scope);
    String written = settings.path().source();
    // What variables put in, and what follows the folder, may not go up, or into what is the
    // application's own; the file's author may.
    if (adds(UP, whole, written) || adds(PRIVATE, whole, written) || PRIVATE.matcher(uri).find()) {
      LOG.error(
          "\"{}\" leaves its folder, or is private to the application", UriEscaping.path(uri));
      return null;
    }
    String name = Octets.text(whole);
    if (!Octets.of(name).equals(whole)) {
      return null;
    }
    try {
      Path path = Path.of(name);
      return path.isAbsolute() ? path : null;
    } catch (InvalidPathException notANameHere) {
      return null;
    }
  }

  /** Whether a path has more of something than its author wrote. */
  private static boolean adds(Pattern what, String path, String written) {
    return what.matcher(path).find() && count(what, path) > count(what, written);
  }

  private static long count(Pattern what, String path) {
    return what.matcher(path).results().count();
  }

  /** The file's name is the client's choice: whoever logs it sees to its control characters. */
  private StaticOutcome failed(int status, IOException cause) {
    if (status == 404 && !settings.rules().logNotFound()) {
      return new StaticOutcome.Status(404);
    }
    Path file = path(target.path(), settings, scope);
    return new StaticOutcome.Status(status, "open() \"" + file + "\" failed " + Errno.of(cause));
  }
}
