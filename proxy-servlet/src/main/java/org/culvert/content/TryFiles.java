package org.culvert.content;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;

/**
 * {@code try_files file … uri} and {@code try_files file … =code} (ngx_http_try_files_module).
 * Reads the file system on the calling thread.
 *
 * @param candidates tried in order
 * @param status {@code =code} where none is there, 0 where it is a redirect
 * @param last the URI or named location of that redirect
 */
public record TryFiles(List<Candidate> candidates, int status, Template last) {

  /**
   * A file or, where the text ends with "/", a folder.
   *
   * @param uri without that "/"
   */
  public record Candidate(Template uri, boolean isFolder) {}

  /** What came of it. */
  public sealed interface Outcome {
    /** One is there: the request goes on, its URI that of the file. */
    record Found() implements Outcome {}

    /** {@code =code}. */
    record Status(int status) implements Outcome {}

    /** An internal redirect to {@code /path[?args]}, or to a named location. */
    record Redirect(String uri) implements Outcome {}
  }

  /** Looks for the first that is there, and gives the request its URI. */
  public Outcome run(StaticSettings settings, Scope scope) {
    RequestFacts facts = scope.get(RequestFacts.class);
    for (Candidate candidate : candidates) {
      String uri = uri(candidate.uri, settings, scope);
      // An alias by regex is a whole file name, which no candidate can be put behind.
      Path file =
          settings.alias() && settings.prefix().isEmpty()
              ? null
              : StaticContent.path(uri, settings, scope);
      if (file != null && (candidate.isFolder ? Files.isDirectory(file) : isNoFolder(file))) {
        facts.found(uri);
        return new Outcome.Found();
      }
    }
    return status > 0 ? new Outcome.Status(status) : new Outcome.Redirect(last.evaluate(scope));
  }

  private static boolean isNoFolder(Path file) {
    return Files.exists(file) && !Files.isDirectory(file);
  }

  /**
   * The URI of a candidate. With {@code alias} the location's prefix is put before it, unless it
   * has variables and begins with it, as {@code $uri} does.
   */
  private static String uri(Template candidate, StaticSettings settings, Scope scope) {
    String text = candidate.evaluate(scope);
    String path = scope.get(RequestFacts.class).target().path();
    String prefix = path.substring(0, Math.min(settings.prefix().length(), path.length()));
    return !settings.alias() || (!candidate.isConstant() && text.startsWith(prefix))
        ? text
        : prefix + text;
  }
}
