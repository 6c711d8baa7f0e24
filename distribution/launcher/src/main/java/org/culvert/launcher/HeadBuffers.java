package org.culvert.launcher;

import java.nio.ByteBuffer;
import org.culvert.directive.HeadSettings;

/**
 * Counts one head's bytes into nginx's buffers for it, which are what limits it: {@code
 * client_header_buffer_size} and {@code large_client_header_buffers}. A line must fit into one of
 * them, and there are so many ({@code ngx_http_alloc_large_header_buffer}).
 */
final class HeadBuffers {
  private final HeadSettings settings;
  private int capacity;
  private int used;
  private int large;
  private int line;
  private boolean blank;
  private boolean hasLine;
  private boolean whole;

  HeadBuffers(HeadSettings settings) {
    this.settings = settings;
    clear();
  }

  /** Another head begins. */
  void clear() {
    capacity = settings.bufferSize();
    used = 0;
    large = 0;
    line = 0;
    blank = true;
    hasLine = false;
    whole = false;
  }

  /** Whether so many first bytes of a head fit for sure. */
  boolean fit(int bytes) {
    return bytes <= settings.bufferSize();
  }

  /** Whether it is the request line that is too long; else a field, or all of them together. */
  boolean isInRequestLine() {
    return !hasLine;
  }

  /**
   * Takes the bytes of a read from one index to another, up to the head's end.
   *
   * @return where the line begins that does not fit, {@code from} for one that began before; -1
   *     where all do
   */
  int take(ByteBuffer bytes, int from, int to) {
    int begin = from;
    for (int i = from; i < to && !whole; i++) {
      byte next = bytes.get(i);
      if (!hasLine && blank && (next == '\r' || next == '\n')) {
        continue; // Empty lines before a head.
      }
      if (used == capacity && !grow()) {
        return begin;
      }
      used++;
      line++;
      if (next == '\n') {
        whole = blank && hasLine;
        hasLine = true;
        blank = true;
        line = 0;
        begin = i + 1;
      } else if (next != '\r') {
        blank = false;
      }
    }
    return -1;
  }

  /** Another large buffer, which begins with the line that is being read. */
  private boolean grow() {
    if (line >= settings.largeBufferSize() || large == settings.largeBuffers()) {
      return false;
    }
    large++;
    capacity = settings.largeBufferSize();
    used = line;
    return true;
  }
}
