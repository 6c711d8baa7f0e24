package org.culvert.content;

import java.util.List;
import org.culvert.http.MediaTypes;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;

/**
 * {@code root} or {@code alias}, and {@code index}.
 *
 * @param path the folder, absolute; for an alias in a regex location the whole file name
 * @param alias whether {@code path} replaces {@code prefix} instead of being put before the URI
 * @param prefix the location's prefix, for alias; "" in a regex location
 * @param index names tried, in order, for a URI that ends with "/"; one that begins with "/" is a
 *     URI that is always taken
 * @param types {@code types} and {@code default_type}
 * @param rules how its files may be asked for
 */
public record StaticSettings(
    Template path,
    boolean alias,
    String prefix,
    List<Template> index,
    MediaTypes types,
    FileRules rules) {

  /** Settings with nginx's default rules. */
  public StaticSettings(
      Template path, boolean alias, String prefix, List<Template> index, MediaTypes types) {
    this(path, alias, prefix, index, types, FileRules.DEFAULT);
  }

  /** The name of the file for a URI (nginx, {@code ngx_http_map_uri_to_path}), unchecked. */
  public String file(String uri, Scope scope) {
    String folder = path.evaluate(scope);
    if (!alias) {
      return (folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder) + uri;
    }
    return prefix.isEmpty()
        ? folder
        : folder + uri.substring(Math.min(prefix.length(), uri.length()));
  }
}
