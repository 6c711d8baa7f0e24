package org.culvert.servlet;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.apache.tomcat.websocket.WsFrameBase;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of an upgraded connection in Tomcat past which its bytes go: 8 KB each, for as long
 * as it is open. They are given up, and made anew when it is about to be closed, for Tomcat keeps
 * them for its next connection. That one would still work without, byte by byte. Where Tomcat has
 * changed too much they stay. One source for Tomcat 10.1 and 11.
 */
final class TomcatBuffers {
  private static final @Nullable Field READ = field(SocketBufferHandler.class, "readBuffer");
  private static final @Nullable Field WRITE = field(SocketBufferHandler.class, "writeBuffer");

  private final SocketWrapperBase<?> wrapper;
  private final SocketBufferHandler buffers;
  private final int readSize;
  private final int writeSize;
  private final boolean direct;
  private boolean restored;

  /** What is 0 stays as it is. */
  private TomcatBuffers(
      SocketWrapperBase<?> wrapper, SocketBufferHandler buffers, int readSize, int writeSize) {
    this.wrapper = wrapper;
    this.buffers = buffers;
    this.readSize = readSize;
    this.writeSize = writeSize;
    this.direct = buffers.getReadBuffer().isDirect();
  }

  /**
   * Gives up what is not needed any more and is empty. While nobody else uses the connection.
   *
   * @param written whether what is sent goes past its buffer too
   */
  static TomcatBuffers giveUp(SocketWrapperBase<?> wrapper, boolean written) {
    SocketBufferHandler buffers = wrapper.getSocketBufferHandler();
    boolean known = READ != null && WRITE != null;
    TomcatBuffers given =
        new TomcatBuffers(
            wrapper,
            buffers,
            known && buffers.isReadBufferEmpty() ? buffers.getReadBuffer().capacity() : 0,
            known && written && buffers.isWriteBufferEmpty()
                ? buffers.getWriteBuffer().capacity()
                : 0);
    given.replace(given.readSize == 0 ? 0 : 1, given.writeSize == 0 ? 0 : 1);
    return given;
  }

  /**
   * Restores them, once, unless the connection is closed already: they are another's then. Before
   * it is closed, by whoever closes it; who comes second waits for the first.
   */
  synchronized void restore() {
    if (!restored && !wrapper.isClosed()) {
      replace(readSize, writeSize);
    }
    restored = true;
  }

  private void replace(int read, int write) {
    try {
      if (read > 0 && READ != null) {
        buffers.configureReadBufferForWrite();
        READ.set(buffers, allocated(read));
      }
      if (write > 0 && WRITE != null) {
        buffers.configureWriteBufferForWrite();
        WRITE.set(buffers, allocated(write));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e); // It was made accessible.
    }
  }

  private ByteBuffer allocated(int size) {
    return direct && size > 1 ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
  }

  /**
   * The buffer of a WebSocket's text messages, 16 KB, which Tomcat makes when the first one begins,
   * if it is not as large as it is to be. That of binary messages text passes through as well.
   */
  static final class OfText {
    private static final @Nullable Field TEXT = field(WsFrameBase.class, "messageBufferText");

    private OfText() {}

    /** Before anything was read. */
    static void giveUp(Object frame) throws IllegalAccessException {
      if (TEXT != null) {
        TEXT.set(frame, CharBuffer.allocate(0));
      }
    }
  }

  private static @Nullable Field field(Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
