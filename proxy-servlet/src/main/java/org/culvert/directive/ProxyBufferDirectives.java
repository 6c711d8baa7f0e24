package org.culvert.directive;

import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Position;
import org.culvert.directive.Setter.Buffers;
import org.culvert.exchange.TempFolder;

/** How much of an answer is kept on its way to the client. */
final class ProxyBufferDirectives {
  private static final Setting<Boolean> BUFFERING = new Setting<>("proxy_buffering");
  private static final Setting<Long> HEAD = new Setting<>("proxy_buffer_size");
  private static final Setting<Buffers> BUFFERS = new Setting<>("proxy_buffers");
  private static final Setting<Long> BUSY = new Setting<>("proxy_busy_buffers_size");
  private static final Setting<Long> MOST_IN_FILE = new Setting<>("proxy_max_temp_file_size");
  private static final Setting<Long> FILE_WRITE = new Setting<>("proxy_temp_file_write_size");
  private static final Setting<TempFolder> TEMP_PATH = new Setting<>("proxy_temp_path");
  private static final long PAGE = 4096;
  private static final Buffers USUAL = new Buffers(8, PAGE);
  private static final long DEFAULT_MOST_IN_FILE = 1024L * 1024 * 1024;
  private static final String LARGEST =
      "the maximum of the value of \"proxy_buffer_size\" and one of the \"proxy_buffers\"";

  private ProxyBufferDirectives() {}

  static void define(DirectiveTable table) {
    table.define("proxy_buffering", Setter.flag(BUFFERING));
    table.define("proxy_buffer_size", Setter.size(HEAD));
    table.define("proxy_buffers", Setter.buffers(BUFFERS));
    table.define("proxy_busy_buffers_size", Setter.size(BUSY));
    table.define("proxy_max_temp_file_size", Setter.size(MOST_IN_FILE));
    table.define("proxy_temp_file_write_size", Setter.size(FILE_WRITE));
    table.define("proxy_temp_path", RequestBodyDirectives.tempPath(TEMP_PATH));
  }

  /** Refuses sizes that do not go together, at the end of {@code http}, as nginx does. */
  static void check(Level level) throws ConfigurationException {
    Buffers buffers = level.get(BUFFERS, USUAL);
    long largest = Math.max(level.get(HEAD, PAGE), buffers.size());
    long busy = level.get(BUSY, 2 * largest);
    long inFile = level.get(MOST_IN_FILE, DEFAULT_MOST_IN_FILE);
    if (buffers.number() < 2) {
      throw wrong(level, "there must be at least 2 \"proxy_buffers\"");
    }
    if (busy < largest) {
      throw wrong(level, "\"proxy_busy_buffers_size\" must be equal to or greater than " + LARGEST);
    }
    if (busy > (buffers.number() - 1) * buffers.size()) {
      throw wrong(
          level,
          "\"proxy_busy_buffers_size\" must be less than the size of all \"proxy_buffers\" minus"
              + " one buffer");
    }
    if (level.get(FILE_WRITE, 2 * largest) < largest) {
      throw wrong(
          level, "\"proxy_temp_file_write_size\" must be equal to or greater than " + LARGEST);
    }
    if (inFile != 0 && inFile < largest) {
      throw wrong(
          level,
          "\"proxy_max_temp_file_size\" must be equal to zero to disable temporary files usage or"
              + " must be equal to or greater than "
              + LARGEST);
    }
  }

  private static ConfigurationException wrong(Level level, String message) {
    Position at = new Position("", 0);
    for (Level around = level; around != null; around = around.parent()) {
      Directive opening = around.opening();
      at = opening == null ? at : Reading.contents(opening).end();
    }
    return new ConfigurationException(message, at);
  }

  static boolean buffering(Level level) {
    return level.get(BUFFERING, true);
  }

  /** Bytes of a head at most. */
  static int headSize(Level level) {
    return (int) Math.min(level.get(HEAD, PAGE), 64 * 1024 * 1024);
  }

  /** Bytes that are read ahead of the client. */
  static int readAhead(Level level) {
    Buffers buffers = level.get(BUFFERS, USUAL);
    long size = buffering(level) ? buffers.number() * buffers.size() : level.get(HEAD, PAGE);
    return (int) Math.max(1024, Math.min(size, 64 * 1024 * 1024));
  }
}
