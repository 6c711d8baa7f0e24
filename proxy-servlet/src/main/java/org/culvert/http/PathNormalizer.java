package org.culvert.http;

/**
 * nginx's {@code ngx_http_parse_complex_uri} with {@code merge_slashes}: decodes escapes and
 * resolves "." and ".." in one pass, so that {@code %2e%2e%2f} is the same as {@code ../}. An
 * escaped "?", "#" or "%" is an ordinary character; "+" stays "+".
 */
final class PathNormalizer {
  private final String raw;
  private final StringBuilder out;

  /** Where the segment that is being read begins in {@link #out}: just behind a "/". */
  private int segment;

  private final boolean mergeSlashes;

  private PathNormalizer(String raw, boolean mergeSlashes) {
    this.raw = raw;
    this.mergeSlashes = mergeSlashes;
    this.out = new StringBuilder(raw.length());
  }

  /** The normalised path of a raw one that starts with "/" and has neither query nor fragment. */
  static String normalize(String raw, boolean mergeSlashes) throws GatewayFailure {
    if (raw.indexOf('%') < 0 && !raw.contains("//") && !raw.contains("/.")) {
      return raw;
    }
    return new PathNormalizer(raw, mergeSlashes).run();
  }

  private String run() throws GatewayFailure {
    out.append('/');
    segment = 1;
    for (int i = 1; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        c = decode(i);
        i += 2;
      }
      if (c == '/') {
        endSegment();
      } else {
        out.append(c);
      }
    }
    if (isDot() || isDotDot()) {
      endSegment();
    }
    return out.toString();
  }

  /** Takes a "/" behind the segment. */
  private void endSegment() throws GatewayFailure {
    if (isDot()) {
      out.setLength(segment);
    } else if (isDotDot()) {
      if (segment == 1) {
        throw bad("leaves the root");
      }
      out.setLength(out.lastIndexOf("/", segment - 2) + 1);
      segment = out.length();
    } else if (out.length() > segment || !mergeSlashes) {
      out.append('/');
      segment = out.length();
    }
  }

  private boolean isDot() {
    return out.length() == segment + 1 && out.charAt(segment) == '.';
  }

  private boolean isDotDot() {
    return out.length() == segment + 2
        && out.charAt(segment) == '.'
        && out.charAt(segment + 1) == '.';
  }

  private char decode(int percent) throws GatewayFailure {
    int octet = UriEscaping.decoded(raw, percent);
    if (octet < 0) {
      throw bad("has a bad escape");
    }
    if (octet == 0) {
      throw bad("has an escaped NUL");
    }
    return (char) octet;
  }

  private GatewayFailure bad(String why) {
    return new GatewayFailure(
        GatewayFailure.Kind.BAD_REQUEST, "request path " + why + ": \"" + raw + "\"");
  }
}
