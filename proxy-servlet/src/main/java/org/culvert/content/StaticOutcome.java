package org.culvert.content;

import org.culvert.http.HeaderFields;
import org.culvert.http.RequestTarget;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/** What a request for a file comes to. */
public sealed interface StaticOutcome {
  /**
   * A file, a part of it, or word that it has not changed (200, 206, 304).
   *
   * @param head status and fields
   * @param body what to send, to be closed by the receiver; null for HEAD and 304
   */
  record Answered(ResponseHead head, @Nullable FileBody body) implements StaticOutcome {}

  /**
   * An internal redirect, to the index of a folder.
   *
   * @param target the index, with the request's arguments
   */
  record Index(RequestTarget target) implements StaticOutcome {}

  /**
   * A folder was asked for without its final slash: 301 to the path.
   *
   * @param path the normalised path with the slash
   */
  record Slash(String path) implements StaticOutcome {}

  /**
   * No file: 403, 404, 405, 412, 416, 500; {@code error_page} may have a page for it.
   *
   * @param fields fields that belong to it, {@code Content-Range} of 416
   * @param reason for the error log; null where nobody did anything wrong
   */
  record Status(int status, HeaderFields fields, @Nullable String reason) implements StaticOutcome {
    Status(int status) {
      this(status, new HeaderFields(), null);
    }

    Status(int status, String reason) {
      this(status, new HeaderFields(), reason);
    }
  }
}
