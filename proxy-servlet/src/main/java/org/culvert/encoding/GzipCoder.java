package org.culvert.encoding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Compresses a body into one gzip member (RFC 1952). Holds some 256 KiB of zlib's until closed. */
public final class GzipCoder extends ZlibCoder {
  /** No name, no time, from Unix; as nginx's. */
  private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

  private static final int TAIL = 8;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final Deflater deflater;
  private final CRC32 crc = new CRC32();
  private boolean begun;
  private boolean ended;
  private Then then = Then.MORE;

  /**
   * A coder that has taken nothing.
   *
   * @param level {@code gzip_comp_level}: 1, the fastest, to 9
   */
  public GzipCoder(int level) {
    deflater = new Deflater(level, true);
  }

  @Override
  void accept(ByteBuffer piece, Then next) {
    crc.update(piece.duplicate());
    deflater.setInput(piece);
    then = next;
    if (next == Then.END) {
      deflater.finish();
    }
  }

  @Override
  boolean code(ByteBuffer into) {
    boolean more = compress(into);
    if (!more) {
      deflater.setInput(NOTHING); // The piece is its owner's again.
    }
    return more;
  }

  private boolean compress(ByteBuffer into) {
    if (!begun) {
      begun = true;
      into.put(HEAD);
    }
    int mode = then == Then.FLUSH ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH;
    while (into.hasRemaining() && !deflater.finished()) {
      if (deflater.deflate(into, mode) == 0) {
        break;
      }
    }
    if (then != Then.END) {
      return !into.hasRemaining();
    }
    if (!deflater.finished() || into.remaining() < TAIL) {
      return true;
    }
    if (!ended) {
      ended = true;
      ByteBuffer tail = ByteBuffer.allocate(TAIL).order(ByteOrder.LITTLE_ENDIAN);
      into.put(tail.putInt((int) crc.getValue()).putInt((int) taken()).flip());
    }
    return false;
  }

  @Override
  void release() {
    deflater.end();
  }
}
