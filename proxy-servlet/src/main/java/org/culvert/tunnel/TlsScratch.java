package org.culvert.tunnel;

import java.nio.ByteBuffer;
import javax.net.ssl.SSLSession;

/**
 * A loop's room for records of TLS on their way in and out: empty between two calls, so that a
 * silent connection has none. On the heap, where the JDK's ciphers work without a copy.
 */
public final class TlsScratch {
  /**
   * What is decrypted at once. The loop's buffer has room for it and for one record more: an engine
   * wants that for a part of one, too.
   */
  private static final int READ = 46 * 1024;

  /** What is written at once: the loop's buffer in records. */
  private static final int WRITE = 66 * 1024;

  private ByteBuffer in = ByteBuffer.allocate(0);
  private ByteBuffer out = ByteBuffer.allocate(0);

  TlsScratch() {}

  /**
   * Room for a piece of the wire behind what came before.
   *
   * @param before how much that is: a part of a record, or what an owner had read
   */
  ByteBuffer in(SSLSession session, int before) {
    int room = Math.max(READ, before + session.getPacketBufferSize());
    in = cleared(in, room);
    return in.limit(room);
  }

  /** Room for what the loop's buffer holds, and one record more. */
  ByteBuffer out(SSLSession session) {
    out = cleared(out, WRITE + session.getPacketBufferSize());
    return out;
  }

  private static ByteBuffer cleared(ByteBuffer present, int capacity) {
    return present.capacity() < capacity ? ByteBuffer.allocate(capacity) : present.clear();
  }
}
