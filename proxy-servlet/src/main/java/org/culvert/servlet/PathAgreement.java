package org.culvert.servlet;

import java.util.Locale;
import org.culvert.http.GatewayFailure;
import org.culvert.http.RequestTarget;

/**
 * Whether the container and Culvert read a path alike. The container authorises its own reading,
 * the backend gets ours: where they could differ, a request must not pass (DESIGN.md, "How a
 * request reaches Culvert in a WAR"). The launcher has no authorisation of the container's and does
 * not ask.
 */
final class PathAgreement {
  private PathAgreement() {}

  /**
   * Checks a target.
   *
   * @param target the target below the context path
   * @param containerPath {@code getServletPath() + getPathInfo()}
   */
  static boolean agrees(RequestTarget target, String containerPath) {
    String raw = target.rawPath();
    if (isAmbiguous(raw)) {
      return false;
    }
    String ours = ourReading(raw);
    String theirs = containerPath.isEmpty() ? "/" : containerPath;
    return ours.equals(theirs) || isWelcomeFile(ours, theirs);
  }

  /**
   * Whether the container has already put a welcome file's name behind a folder (Servlet 6.0,
   * section 10.10; Tomcat does before any filter runs). It has authorised the folder's path by
   * then.
   */
  private static boolean isWelcomeFile(String ours, String theirs) {
    return ours.endsWith("/") && theirs.startsWith(ours) && theirs.indexOf('/', ours.length()) < 0;
  }

  /** An encoded separator, a backslash, NUL, or {@code ;} in a dot segment. */
  private static boolean isAmbiguous(String raw) {
    String lower = raw.toLowerCase(Locale.ROOT);
    if (lower.indexOf('\\') >= 0
        || lower.indexOf('\0') >= 0
        || lower.contains("%2f")
        || lower.contains("%5c")
        || lower.contains("%00")) {
      return true;
    }
    for (String segment : lower.split("/", -1)) {
      int parameters = segment.indexOf(';');
      if (parameters >= 0 && isDots(segment.substring(0, parameters))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isDots(String segment) {
    String decoded = segment.replace("%2e", ".");
    return decoded.equals(".") || decoded.equals("..") || decoded.isEmpty();
  }

  /**
   * The path that the servlet specification (6.0, section 3.5.2) makes of ours: without parameters.
   */
  private static String ourReading(String raw) {
    StringBuilder withoutParameters = new StringBuilder(raw.length());
    boolean skipping = false;
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      skipping = c == ';' || (skipping && c != '/');
      if (!skipping) {
        withoutParameters.append(c);
      }
    }
    try {
      return RequestTarget.parse(withoutParameters.toString()).path();
    } catch (GatewayFailure unreadable) {
      return "";
    }
  }
}
