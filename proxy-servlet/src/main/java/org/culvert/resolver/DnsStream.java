package org.culvert.resolver;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One question and its answer over TCP, each behind its length (RFC 1035, section 4.2.2). */
final class DnsStream {
  private final SocketChannel channel;
  private final ByteBuffer question;
  private ByteBuffer answer = ByteBuffer.allocate(2);
  private boolean sized;
  private @Nullable SelectionKey key;

  DnsStream(SocketChannel channel, ByteBuffer message) {
    this.channel = channel;
    this.question = ByteBuffer.allocate(2 + message.remaining());
    question.putShort((short) message.remaining()).put(message).flip();
  }

  /** What tells when the channel is ready. */
  void on(SelectionKey registered) {
    key = registered;
  }

  /**
   * The channel is ready.
   *
   * @return the answer, once it is whole
   */
  @Nullable ByteBuffer ready() throws IOException {
    if (!channel.finishConnect()) {
      return null;
    }
    if (question.hasRemaining()) {
      channel.write(question);
      want(question.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
      return null;
    }
    while (true) {
      int read = channel.read(answer);
      if (read < 0) {
        throw new EOFException("the connection was closed");
      }
      if (answer.hasRemaining()) {
        return null;
      }
      if (sized) {
        return answer.flip();
      }
      sized = true;
      answer = ByteBuffer.allocate(answer.flip().getShort() & 0xffff);
    }
  }

  private void want(int operations) {
    if (key != null) {
      key.interestOps(operations);
    }
  }
}
