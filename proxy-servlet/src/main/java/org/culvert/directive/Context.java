package org.culvert.directive;

/** Where a directive may stand; the names are those of the table of directives. */
enum Context {
  MAIN("main"),
  EVENTS("events"),
  HTTP("http"),
  SERVER("server"),
  LOCATION("location"),
  UPSTREAM("upstream"),
  IF_IN_SERVER("if-server"),
  IF_IN_LOCATION("if"),
  LIMIT_EXCEPT("limit_except");

  private final String text;

  Context(String text) {
    this.text = text;
  }

  /** The name in the table. */
  String text() {
    return text;
  }
}
