package org.culvert.directive;

import java.util.List;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Position;

/**
 * A file that leaves {@code http} or {@code server} out, as it may in a WAR: what belongs to {@code
 * http} alone ({@code upstream}, {@code map}, {@code log_format}) goes there, the rest to one
 * implied server; where the file has {@code server} blocks of its own, all of it is {@code http}'s.
 */
final class Excerpt {
  private Excerpt() {}

  static void apply(List<Directive> directives, Level main, Position start, Reading reading)
      throws ConfigurationException {
    DirectiveTable table = DirectiveTable.instance();
    Directive implied =
        new Directive(List.of(new org.culvert.conf.Word("http", start)), start, null);
    Level http = main.nested(Context.HTTP, implied);
    boolean hasServers =
        directives.stream().anyMatch(d -> d.name().equals("server") && d.block() != null);
    Level server = hasServers ? http : http.nested(Context.SERVER, implied);
    for (Directive directive : directives) {
      boolean forServer =
          table.isAllowed(directive.name(), server.context())
              || !table.isAllowed(directive.name(), Context.HTTP);
      table.apply(directive, forServer ? server : http, reading);
    }
  }
}
