package org.culvert.encoding;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Uncompresses a body of gzip members (RFC 1952), one after the other. Their checksums are not
 * looked at: what is wrong with a body shows when all of it has passed. Holds some 40 KiB of zlib's
 * until closed.
 */
public final class GunzipCoder extends ZlibCoder {
  private static final int FIXED_HEAD = 10;
  private static final int TAIL = 8;
  private static final int CHECKSUM = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;

  /** Where in a member we are. */
  private enum Part {
    HEAD,
    EXTRA_LENGTH,
    EXTRA_FIELD,
    TEXTS,
    HEAD_CHECKSUM,
    DATA,
    TAIL
  }

  private final Inflater inflater = new Inflater(true);
  private ByteBuffer piece = ByteBuffer.allocate(0);
  private Part part = Part.HEAD;
  private int at;
  private int flags;
  private int extra;
  private int texts;
  private boolean whole = true;
  private Then then = Then.MORE;

  @Override
  void accept(ByteBuffer newPiece, Then next) {
    piece = newPiece;
    then = next;
  }

  @Override
  boolean code(ByteBuffer into) throws IOException {
    try {
      while (into.hasRemaining() && (part == Part.DATA ? inflate(into) : frame())) {
        // Goes on.
      }
    } catch (DataFormatException e) {
      throw new IOException("inflate() failed: " + e.getMessage(), e);
    }
    if (!into.hasRemaining()) {
      return true;
    }
    if (then == Then.END && !whole) {
      throw new IOException("inflate() returned incorrect stream status");
    }
    return false;
  }

  /** Uncompresses; false where there is nothing to go on with. */
  private boolean inflate(ByteBuffer into) throws DataFormatException {
    inflater.setInput(piece);
    int count = inflater.inflate(into);
    if (inflater.finished()) {
      inflater.reset();
      become(Part.TAIL);
      return true;
    }
    if (inflater.needsDictionary()) {
      throw new DataFormatException("a dictionary is needed");
    }
    return count > 0;
  }

  private void become(Part next) {
    part = next;
    at = 0;
  }

  /** Reads a byte of what is around the data; false where there is none now. */
  private boolean frame() throws DataFormatException {
    if (!piece.hasRemaining()) {
      return false;
    }
    frame(piece.get() & 0xff);
    return true;
  }

  private void frame(int octet) throws DataFormatException {
    whole = false;
    at++;
    switch (part) {
      case HEAD -> head(octet);
      case EXTRA_LENGTH -> {
        extra = at == 1 ? octet : extra | octet << 8;
        if (at == 2) {
          become(Part.EXTRA_FIELD);
          skipEmpty();
        }
      }
      case EXTRA_FIELD -> skipEmpty();
      case TEXTS -> {
        if (octet == 0) {
          texts--;
        }
        skipEmpty();
      }
      case HEAD_CHECKSUM -> skipEmpty();
      default -> {
        if (at == TAIL) {
          whole = true;
          become(Part.HEAD);
        }
      }
    }
  }

  private void head(int octet) throws DataFormatException {
    boolean wrong =
        (at == 1 && octet != 0x1f) || (at == 2 && octet != 0x8b) || (at == 3 && octet != 8);
    if (wrong) {
      throw new DataFormatException("incorrect header check");
    }
    if (at == 4) {
      flags = octet;
    }
    if (at == FIXED_HEAD) {
      texts = ((flags & NAME) == 0 ? 0 : 1) + ((flags & COMMENT) == 0 ? 0 : 1);
      if ((flags & EXTRA) != 0) {
        become(Part.EXTRA_LENGTH);
      } else {
        become(Part.EXTRA_FIELD);
        extra = 0;
        skipEmpty();
      }
    }
  }

  /** Goes on to the next part of a head that is there. */
  private void skipEmpty() {
    if (part == Part.EXTRA_FIELD && at == extra) {
      become(Part.TEXTS);
    }
    if (part == Part.TEXTS && texts == 0) {
      become(Part.HEAD_CHECKSUM);
    }
    if (part == Part.HEAD_CHECKSUM && at == ((flags & CHECKSUM) == 0 ? 0 : 2)) {
      become(Part.DATA);
    }
  }

  @Override
  void release() {
    inflater.end();
  }
}
