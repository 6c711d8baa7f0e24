package org.culvert.directive;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.jspecify.annotations.Nullable;

/**
 * What one block says, and the block around it. A setting that a level does not make is that of the
 * level around it: the rule by which nearly all of nginx's directives are inherited, lists
 * included, which are inherited whole or not at all.
 */
final class Level {
  private final Context context;
  private final @Nullable Level parent;
  private final @Nullable Directive opening;
  private final Map<Setting<?>, Object> values = new HashMap<>();
  private final List<Level> children = new ArrayList<>();

  Level(Context context, @Nullable Level parent, @Nullable Directive opening) {
    this.context = context;
    this.parent = parent;
    this.opening = opening;
  }

  /** A level within this one. */
  Level nested(Context inner, Directive block) {
    Level child = new Level(inner, this, block);
    children.add(child);
    return child;
  }

  /** What kind of block it is. */
  Context context() {
    return context;
  }

  /** The level around this one, or null. */
  @Nullable Level parent() {
    return parent;
  }

  /** The directive that opened the block; null for the outermost and for one that is implied. */
  @Nullable Directive opening() {
    return opening;
  }

  /** The levels within, in order, that are of that kind. */
  List<Level> children(Context kind) {
    return children.stream().filter(child -> child.context == kind).toList();
  }

  /** What this level itself says, or null. */
  @SuppressWarnings("unchecked") // only put() fills the map, with the setting's own type
  <T> @Nullable T own(Setting<T> setting) {
    return (T) values.get(setting);
  }

  /** What this level or the nearest one around it says, or null. */
  <T> @Nullable T find(Setting<T> setting) {
    for (Level level = this; level != null; level = level.parent) {
      T value = level.own(setting);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  /** What this level or the nearest one around it says, or the default. */
  <T> T get(Setting<T> setting, T otherwise) {
    T value = find(setting);
    return value == null ? otherwise : value;
  }

  /** Says something here. */
  <T> void put(Setting<T> setting, T value) {
    values.put(setting, value);
  }

  /** Says something that may be said here once. */
  <T> void putOnce(Setting<T> setting, T value, Directive directive) throws ConfigurationException {
    requireUnset(setting, directive);
    put(setting, value);
  }

  /** Fails when it was said here before. */
  void requireUnset(Setting<?> setting, Directive directive) throws ConfigurationException {
    if (values.containsKey(setting)) {
      throw Setter.duplicate(directive);
    }
  }

  /** Appends to this level's own list. */
  <E> void add(Setting<List<E>> setting, E element) {
    List<E> list = own(setting);
    if (list == null) {
      list = new ArrayList<>();
      put(setting, list);
    }
    list.add(element);
  }

  /** Adds to this level's own set. */
  <E> void addTo(Setting<Set<E>> setting, E element) {
    Set<E> set = own(setting);
    if (set == null) {
      set = new LinkedHashSet<>();
      put(setting, set);
    }
    set.add(element);
  }

  /** Adds to this level's own map; returns what was there under the key before, or null. */
  <V> @Nullable V addTo(Setting<Map<String, V>> setting, String key, V value) {
    Map<String, V> map = own(setting);
    if (map == null) {
      map = new HashMap<>();
      put(setting, map);
    }
    return map.putIfAbsent(key, value);
  }
}
