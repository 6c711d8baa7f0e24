package org.culvert.variable;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import org.jspecify.annotations.Nullable;

/**
 * What one request's variables read: facets that the packages put in (the request's head, the
 * client's connection, the upstream's attempts), regex captures, and the values that {@code set}
 * and {@code map} made. Not thread-safe: it belongs to the thread that handles the request and is
 * handed on with it.
 */
public final class Scope {
  private static final String[] NONE = {};

  /** nginx's bound. */
  private static final int DEEPEST = 100;

  private final Map<Class<?>, Object> facets = new HashMap<>();
  private String[] captures = NONE;
  private @Nullable String[] slots = NONE;
  private int depth;

  /**
   * The scope of a subrequest: it begins with the values that {@code set} and {@code map} have made
   * so far, and with nothing else.
   */
  public Scope forSubrequest() {
    Scope inner = new Scope();
    inner.slots = slots.clone();
    return inner;
  }

  /** Takes the values that a subrequest has made: nginx has one set of them for both. */
  public void takeValuesOf(Scope subrequest) {
    slots = subrequest.slots;
  }

  /** Adds or replaces the facet of that type; null takes it away. */
  public <T> Scope put(Class<T> type, @Nullable T facet) {
    if (facet == null) {
      facets.remove(type);
    } else {
      facets.put(type, facet);
    }
    return this;
  }

  /** The facet of that type, or null. */
  public <T> @Nullable T find(Class<T> type) {
    return type.cast(facets.get(type));
  }

  /** The facet of that type, which must be there. */
  public <T> T get(Class<T> type) {
    T facet = find(type);
    if (facet == null) {
      throw new IllegalStateException("this scope has no " + type.getName());
    }
    return facet;
  }

  /** Takes the groups of the last regex that matched: {@code $1} to {@code $9} and named ones. */
  public void captured(MatchResult match) {
    String[] groups = new String[match.groupCount() + 1];
    for (int i = 0; i < groups.length; i++) {
      String group = match.group(i);
      groups[i] = group == null ? "" : group;
    }
    captures = groups;
  }

  /**
   * Takes the groups of the last regex that matched, and gives its named ones to their variables.
   *
   * @param slots group numbers to the slots of their names
   */
  public void captured(MatchResult match, Map<Integer, Integer> slots) {
    captured(match);
    slots.forEach((group, slot) -> slot(slot, capture(group)));
  }

  /** A regex of {@code if} or {@code rewrite} did not match: there are no groups any more. */
  public void forgetCaptures() {
    captures = NONE;
  }

  /** The text of group {@code n} of the last regex that matched, or null. */
  public @Nullable String capture(int n) {
    return n < captures.length ? captures[n] : null;
  }

  /** The value in a slot that {@link VariableTable} gave out, or null where none was set yet. */
  public @Nullable String slot(int index) {
    return index < slots.length ? slots[index] : null;
  }

  /** Puts a value into a slot: what {@code set} does. */
  public void slot(int index, @Nullable String value) {
    if (index >= slots.length) {
      slots = Arrays.copyOf(slots, Math.max(index + 1, slots.length * 2));
    }
    slots[index] = value;
  }

  /**
   * Enters the evaluation of a variable that is made of others; false where they go in a circle.
   * Each true is followed by {@link #leave}.
   */
  public boolean enter() {
    if (depth == DEEPEST) {
      return false;
    }
    depth++;
    return true;
  }

  /** Ends what {@link #enter} began. */
  public void leave() {
    depth--;
  }
}
