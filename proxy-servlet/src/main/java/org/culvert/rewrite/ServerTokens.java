package org.culvert.rewrite;

/**
 * {@code server_tokens}: how an answer is signed, in the field {@code Server} of the launcher's
 * answers and at the end of nginx's pages for errors and redirects. The version is that of the
 * nginx whose language is followed, as {@code -V} says it.
 */
public enum ServerTokens {
  /** With the version. */
  ON("nginx/1.31.5"),
  /** Without. */
  OFF("nginx"),
  /** With the version, and what it is really. */
  BUILD("nginx/1.31.5 (culvert)");

  private final String signature;

  ServerTokens(String signature) {
    this.signature = signature;
  }

  /** The words. */
  public String signature() {
    return signature;
  }
}
