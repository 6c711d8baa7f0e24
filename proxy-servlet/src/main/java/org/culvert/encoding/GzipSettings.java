package org.culvert.encoding;

import java.util.List;
import java.util.Set;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/**
 * {@code gzip*} and {@code gunzip} of one location, and what they make of an answer (nginx, {@code
 * ngx_http_gzip_header_filter}, {@code ngx_http_gunzip_header_filter}).
 *
 * @param on {@code gzip}
 * @param level {@code gzip_comp_level}
 * @param minLength {@code gzip_min_length}: bytes below which an answer of known length stays as it
 *     is
 * @param types {@code gzip_types}
 * @param clients who gets gzip
 * @param vary {@code gzip_vary}
 * @param bufferSize bytes of output held for a client at most ({@code gzip_buffers})
 * @param prepared {@code gzip_static}
 * @param gunzip {@code gunzip}
 */
public record GzipSettings(
    boolean on,
    int level,
    long minLength,
    CodedTypes types,
    GzipClients clients,
    boolean vary,
    int bufferSize,
    Prepared prepared,
    boolean gunzip) {

  /** Nothing is coded. */
  public static final GzipSettings OFF =
      new GzipSettings(
          false,
          1,
          20,
          new CodedTypes(false, Set.of("text/html")),
          new GzipClients(false, Set.of(), false, List.of()),
          false,
          4096,
          Prepared.OFF,
          false);

  /** {@code gzip_static}: whether a file's compressed twin is sent in its place. */
  public enum Prepared {
    OFF,
    /** To clients that get gzip. */
    ON,
    /** To all. */
    ALWAYS
  }

  /** A facet of the scope of a request whose file has a compressed twin, sent or not. */
  public enum Twin {
    FOUND
  }

  /** What becomes of a body. */
  public enum Coding {
    NONE,
    GZIP,
    GUNZIP
  }

  /** What becomes of an answer's body, by its head without what this changes in it. */
  public Coding coding(RequestHead request, ResponseHead answer) {
    if (mayGunzip(answer)) {
      return clients.accept(request, answer.fields()) ? Coding.NONE : Coding.GUNZIP;
    }
    return mayGzip(answer) && clients.accept(request, answer.fields()) ? Coding.GZIP : Coding.NONE;
  }

  private boolean mayGunzip(ResponseHead answer) {
    return gunzip && "gzip".equalsIgnoreCase(answer.fields().first("Content-Encoding"));
  }

  private boolean mayGzip(ResponseHead answer) {
    HeaderFields fields = answer.fields();
    int status = answer.status();
    String encoding = fields.first("Content-Encoding");
    return on
        && (status == 200 || status == 403 || status == 404)
        && (encoding == null || encoding.isEmpty())
        && isLongEnough(fields.first("Content-Length"))
        && types.contain(fields.first("Content-Type"));
  }

  private boolean isLongEnough(@Nullable String length) {
    try {
      return length == null || Long.parseLong(length) >= minLength;
    } catch (NumberFormatException e) {
      return true;
    }
  }

  /** Whether a file's compressed twin may be sent for a request. */
  public boolean prefersPrepared(RequestHead request) {
    return prepared == Prepared.ALWAYS
        || (prepared == Prepared.ON && clients.accept(request, new HeaderFields()));
  }

  /**
   * The head that goes with a body so coded: {@code Vary} where the client's word could have
   * changed it, and for what is changed no length, no parts, and no strong ETag.
   */
  public ResponseHead head(ResponseHead answer, Coding coding, @Nullable Twin twin) {
    boolean varies = vary && (twin != null || mayGunzip(answer) || mayGzip(answer));
    if (coding == Coding.NONE && !varies) {
      return answer;
    }
    HeaderFields fields = new HeaderFields(answer.fields());
    if (coding != Coding.NONE) {
      fields.remove("Content-Length");
      fields.remove("Accept-Ranges");
      weaken(fields);
    }
    if (varies) {
      List<String> others = fields.all("Vary");
      fields.set("Vary", "Accept-Encoding");
      others.forEach(other -> fields.add("Vary", other));
    }
    if (coding == Coding.GUNZIP) {
      fields.remove("Content-Encoding");
    } else if (coding == Coding.GZIP) {
      fields.add("Content-Encoding", "gzip");
    }
    return new ResponseHead(answer.status(), answer.reason(), fields);
  }

  /** The same content in other bytes has a weak validator (RFC 9110, section 8.8.1). */
  private static void weaken(HeaderFields fields) {
    String etag = fields.first("ETag");
    if (etag == null || etag.startsWith("W/")) {
      return;
    }
    fields.remove("ETag");
    if (etag.startsWith("\"")) {
      fields.add("ETag", "W/" + etag);
    }
  }

  /** A coder; null where the body goes as it is. */
  public @Nullable BodyCoder coder(Coding coding) {
    return switch (coding) {
      case NONE -> null;
      case GZIP -> new GzipCoder(level);
      case GUNZIP -> new GunzipCoder();
    };
  }
}
