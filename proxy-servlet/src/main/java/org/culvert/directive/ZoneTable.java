package org.culvert.directive;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.limit.ZoneSettings;
import org.culvert.limit.ZoneSettings.Kind;

/**
 * The zones of a configuration while it is read, which a line may use before another declares them
 * (nginx, {@code ngx_shared_memory_add}).
 */
final class ZoneTable {
  /** The first that says a zone's name. */
  private record Mention(Kind kind, Directive directive) {}

  private final Map<String, Mention> mentions = new LinkedHashMap<>();
  private final Map<String, ZoneSettings> declared = new HashMap<>();

  /** Takes a zone's declaration. */
  void declare(ZoneSettings zone, Directive directive) throws ConfigurationException {
    use(zone.name(), zone.kind(), directive);
    ZoneSettings first = declared.putIfAbsent(zone.name(), zone);
    if (first == null) {
      return;
    }
    if (first.size() != zone.size()) {
      throw directive.error(
          "the size "
              + zone.size()
              + " of shared memory zone \""
              + zone.name()
              + "\" conflicts with already declared size "
              + first.size());
    }
    throw directive.error(
        directive.name()
            + " \""
            + zone.name()
            + "\" is already bound to key \""
            + first.key().source()
            + "\"");
  }

  /** Takes a zone's use. */
  void use(String name, Kind kind, Directive directive) throws ConfigurationException {
    Mention first = mentions.putIfAbsent(name, new Mention(kind, directive));
    if (first != null && first.kind != kind) {
      throw directive.error(
          "the shared memory zone \"" + name + "\" is already declared for a different use");
    }
  }

  /** The zone of a name that is used, once all is read. */
  ZoneSettings get(String name) throws ConfigurationException {
    ZoneSettings zone = declared.get(name);
    if (zone == null) {
      Mention use = Objects.requireNonNull(mentions.get(name), name);
      throw use.directive.error("zero size shared memory zone \"" + name + "\"");
    }
    return zone;
  }

  /** All of them; fails where one is used that nobody declares. */
  List<ZoneSettings> all() throws ConfigurationException {
    for (String name : mentions.keySet()) {
      get(name);
    }
    return List.copyOf(declared.values());
  }
}
