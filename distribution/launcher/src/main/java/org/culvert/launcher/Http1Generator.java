package org.culvert.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.culvert.rewrite.StatusPages;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's generator with nginx's status line and connection fields: its own reason phrases or the
 * backend's, {@code Connection} in every answer, and {@code Keep-Alive} where a location wants it.
 * By who writes the answer.
 */
final class Http1Generator extends HttpGenerator {
  /** Not by its constant: Jetty would leave out what HTTP/1.1 need not say. */
  private static final HttpField KEPT = new HttpField(null, "Connection", "keep-alive");

  private static final byte[] CHUNKED =
      "Transfer-Encoding: chunked\r\n".getBytes(StandardCharsets.US_ASCII);

  private @Nullable String reason;
  private int keepAliveSeconds;
  private boolean http10;
  private MetaData.@Nullable Response given;
  private MetaData.@Nullable Response changed;

  /**
   * The next answer.
   *
   * @param newReason its reason phrase, or null for nginx's
   * @param newKeepAliveSeconds what {@code Keep-Alive} is to say; 0 without it
   * @param isHttp10 whether the request is of HTTP/1.0
   */
  void next(@Nullable String newReason, int newKeepAliveSeconds, boolean isHttp10) {
    reason = newReason;
    keepAliveSeconds = newKeepAliveSeconds;
    http10 = isHttp10;
  }

  @Override
  public void reset() {
    super.reset();
    reason = null;
    keepAliveSeconds = 0;
    http10 = false;
    given = null;
    changed = null;
  }

  @Override
  public Result generateResponse(
      MetaData.@Nullable Response info,
      boolean head,
      @Nullable ByteBuffer header,
      @Nullable ByteBuffer chunk,
      @Nullable ByteBuffer content,
      boolean last)
      throws IOException {
    boolean begins = isState(State.START);
    Result result = super.generateResponse(changed(info), head, header, chunk, content, last);
    if (head && begins && header != null && isChunking()) {
      cut(header, CHUNKED);
    }
    return result;
  }

  /** Of what an answer to HEAD would be sent in, nginx says nothing. */
  private static void cut(ByteBuffer head, byte[] line) {
    ByteBuffer wanted = ByteBuffer.wrap(line);
    for (int at = head.position(); at <= head.limit() - line.length; at++) {
      if (head.slice(at, line.length).equals(wanted)) {
        int rest = head.limit() - at - line.length;
        byte[] moved = new byte[rest];
        head.get(at + line.length, moved).put(at, moved).limit(at + rest);
        return;
      }
    }
  }

  private MetaData.@Nullable Response changed(MetaData.@Nullable Response info) {
    if (info == null
        || !isState(State.START)
        || info.getStatus() < HttpStatus.OK_200
        || info.getHttpVersion() == HttpVersion.HTTP_0_9) {
      return info;
    }
    if (info != given) {
      given = info;
      boolean sized =
          info.getStatus() != HttpStatus.NOT_MODIFIED_304 || info.getContentLength() > 0;
      changed =
          new MetaData.Response(
              info.getStatus(),
              reason == null ? StatusPages.reason(info.getStatus()) : reason,
              info.getHttpVersion(),
              sized ? fields(info) : unsized(fields(info)),
              sized ? info.getContentLength() : -1,
              info.getTrailersSupplier());
    }
    return changed;
  }

  /** Of a 304 without a length of its own: Jetty says that what has not changed is empty. */
  private static HttpFields unsized(HttpFields fields) {
    return HttpFields.build(fields).remove(HttpHeader.CONTENT_LENGTH).asImmutable();
  }

  private HttpFields fields(MetaData.Response info) {
    HttpFields present = info.getHttpFields();
    if (present.contains(HttpHeader.CONNECTION) && keepAliveSeconds == 0) {
      return present;
    }
    HttpFields.Mutable fields = HttpFields.build(present);
    if (!isPersistent(HttpVersion.HTTP_1_1)) {
      fields.put(HttpHeader.CONNECTION, "close");
    } else {
      if (!http10) { // Else Jetty has said it, or knows that it cannot.
        fields.add(KEPT);
      }
      if (keepAliveSeconds > 0) {
        fields.put(HttpHeader.KEEP_ALIVE, "timeout=" + keepAliveSeconds);
      }
    }
    return fields.asImmutable();
  }
}
