package org.culvert.directive;

/**
 * The key of something that a level may say. Two settings are the same only when they are one
 * object.
 *
 * @param <T> what it is
 */
final class Setting<T> {
  private final String name;

  Setting(String name) {
    this.name = name;
  }

  @Override
  public String toString() {
    return name;
  }
}
