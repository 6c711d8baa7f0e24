package org.culvert.servlet;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.culvert.content.FileBody;
import org.culvert.exchange.Completion;
import org.culvert.exchange.Downstream;

/**
 * Sends a file's body to the client, piece by piece: the next is read when the client has taken the
 * one before, so that a slow client holds one buffer and no thread. Calls come one after the other.
 */
final class FilePump implements Completion {
  private static final int PIECE = 32 * 1024;

  private final Downstream downstream;
  private final FileBody file;
  private final Runnable end;
  private final ByteBuffer buffer;

  /**
   * Whether {@link #pump} is on the stack, so that a write that is done at once does not recurse.
   */
  private boolean pumping;

  private boolean again;

  private FilePump(Downstream downstream, FileBody file, Runnable end) {
    this.downstream = downstream;
    this.file = file;
    this.end = end;
    this.buffer = ByteBuffer.allocate((int) Math.max(1, Math.min(PIECE, file.length())));
  }

  /**
   * Sends the body, closes it, and completes the downstream; aborts that when the file cannot be
   * read or the client has gone.
   *
   * @param end told once, when it is over
   */
  static void send(Downstream downstream, FileBody file, Runnable end) {
    new FilePump(downstream, file, end).pump();
  }

  /** Completes the answer when all of its body is written. */
  record Ended(Downstream downstream, Runnable end) implements Completion {
    @Override
    public void succeeded() {
      downstream.complete();
      end.run();
    }

    @Override
    public void failed(Throwable cause) {
      downstream.abort(cause);
      end.run();
    }
  }

  @Override
  public void succeeded() {
    synchronized (this) {
      if (pumping) {
        again = true;
        return;
      }
    }
    pump();
  }

  @Override
  public void failed(Throwable cause) {
    close();
    downstream.abort(cause);
    end.run();
  }

  private void pump() {
    while (true) {
      synchronized (this) {
        pumping = true;
        again = false;
      }
      boolean more = writeOne();
      synchronized (this) {
        pumping = false;
        if (!more || !again) {
          return;
        }
      }
    }
  }

  /** Starts a write; false when there was nothing left to write. */
  private boolean writeOne() {
    try {
      buffer.clear();
      if (file.read(buffer) < 0) {
        close();
        downstream.endBody(new Ended(downstream, end));
        return false;
      }
      downstream.write(buffer.flip(), false, this);
      return true;
    } catch (IOException broken) {
      failed(broken);
      return false;
    }
  }

  private void close() {
    try {
      file.close();
    } catch (IOException ignored) {
      // It was only read.
    }
  }
}
