package org.culvert.servlet;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.apache.tomcat.websocket.WsFrameBase;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a connection in Tomcat that has become a tunnel: 8 KB each, past which its bytes
 * go. They are given up, and made anew when it is about to be closed, for Tomcat keeps them for its
 * next connection. That one would still work without, byte by byte. Where Tomcat has changed too
 * much they stay. One source for Tomcat 10.1 and 11.
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

  private TomcatBuffers(SocketWrapperBase<?> wrapper, SocketBufferHandler buffers) {
    this.wrapper = wrapper;
    this.buffers = buffers;
    this.readSize = buffers.getReadBuffer().capacity();
    this.writeSize = buffers.getWriteBuffer().capacity();
    this.direct = buffers.getReadBuffer().isDirect();
  }

  /**
   * Gives them up. While nobody else has the connection: whoever closes it now may have Tomcat use
   * them for another.
   *
   * @return null where they are not empty or cannot be had
   */
  static @Nullable TomcatBuffers giveUp(SocketWrapperBase<?> wrapper) {
    SocketBufferHandler buffers = wrapper.getSocketBufferHandler();
    if (READ == null
        || WRITE == null
        || !buffers.isReadBufferEmpty()
        || !buffers.isWriteBufferEmpty()) {
      return null;
    }
    TomcatBuffers given = new TomcatBuffers(wrapper, buffers);
    given.replace(1, 1);
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
      if (READ != null && WRITE != null) {
        buffers.configureReadBufferForWrite();
        buffers.configureWriteBufferForWrite();
        READ.set(buffers, allocated(read));
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
