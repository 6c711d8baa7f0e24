package org.culvert.content;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.culvert.http.Octets;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/**
 * {@code $document_root}, {@code $realpath_root} and {@code $request_filename}: of the {@code root}
 * or {@code alias} of the location that the request is in, the scope's {@link StaticSettings}.
 */
public final class FileVariables {
  private FileVariables() {}

  /** Defines them all. */
  public static void define(VariableTable table) {
    table.define("document_root", FileVariables::root);
    table.define("realpath_root", scope -> real(root(scope)));
    table.define("request_filename", FileVariables::file);
  }

  private static @Nullable String root(Scope scope) {
    StaticSettings settings = scope.find(StaticSettings.class);
    return settings == null ? null : settings.path().evaluate(scope);
  }

  private static @Nullable String file(Scope scope) {
    StaticSettings settings = scope.find(StaticSettings.class);
    return settings == null
        ? null
        : settings.file(scope.get(RequestFacts.class).target().path(), scope);
  }

  private static @Nullable String real(@Nullable String folder) {
    try {
      return folder == null
          ? null
          : Octets.of(Path.of(Octets.text(folder)).toRealPath().toString());
    } catch (IOException | InvalidPathException notThere) {
      return null;
    }
  }
}
