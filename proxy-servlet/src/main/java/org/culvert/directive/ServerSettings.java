package org.culvert.directive;

import java.util.List;
import org.culvert.location.LocationTree;
import org.culvert.rewrite.Return;
import org.culvert.rewrite.SetVariable;
import org.jspecify.annotations.Nullable;

/**
 * One {@code server}.
 *
 * @param listens where it listens; nginx's default {@code *:80} (8000 when not root) where none is
 *     named
 * @param names its {@code server_name}s as configured; the first is {@code $server_name}
 * @param sets {@code set} at server level, run first
 * @param returns {@code return} at server level, or null
 * @param locations its locations
 * @param fallback what holds where no location matches
 * @param tls certificates, or null where no listen has ssl
 */
public record ServerSettings(
    List<ListenSettings> listens,
    List<String> names,
    List<SetVariable> sets,
    @Nullable Return returns,
    LocationTree<LocationSettings> locations,
    LocationSettings fallback,
    @Nullable ServerTls tls) {

  /** The server's first name, or "". */
  public String name() {
    return names.isEmpty() ? "" : names.get(0);
  }
}
