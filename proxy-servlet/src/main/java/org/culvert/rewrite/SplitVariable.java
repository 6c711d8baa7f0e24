package org.culvert.rewrite;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.culvert.http.Octets;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.Variable;
import org.jspecify.annotations.Nullable;

/**
 * What {@code split_clients} makes: a variable whose value depends on the hash of a text, so that
 * each value is that of a share of the texts, and the same as in nginx: MurmurHash2 of the text's
 * octets with seed 0, compared with the shares' sums as 32-bit numbers
 * (ngx_http_split_clients_module). Evaluated at each use.
 */
public final class SplitVariable implements Variable {
  private static final long HASHES = 0xffffffffL;
  private static final int WHOLE = 10_000;
  private static final int M = 0x5bd1e995;

  /** Hashes below that have the value; of the rest, all. */
  private record Part(long below, String value) {}

  /** Collects the lines of one {@code split_clients} block. */
  public static final class Builder {
    private final Template source;
    private final List<Part> parts = new ArrayList<>();
    private long below;
    private int sum;

    private Builder(Template source) {
      this.source = source;
    }

    /**
     * {@code 12.5% value}.
     *
     * @param share in hundredths of a percent
     * @return whether the sum is not more than all
     */
    public boolean share(int share, String value) {
      sum += share;
      below += share * HASHES / WHOLE;
      parts.add(new Part(below, value));
      return sum <= WHOLE;
    }

    /** {@code * value}: nothing may come behind it. */
    public Builder rest(String value) {
      sum = WHOLE;
      parts.add(new Part(Long.MAX_VALUE, value));
      return this;
    }

    /** The variable, to be given to the table. */
    public SplitVariable build() {
      return new SplitVariable(source, List.copyOf(parts));
    }
  }

  private final Template source;
  private final List<Part> parts;

  private SplitVariable(Template source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
  }

  /** Starts {@code split_clients source $…}. */
  public static Builder builder(Template source) {
    return new Builder(source);
  }

  @Override
  public @Nullable String value(Scope scope) {
    if (!scope.enter()) {
      return null;
    }
    try {
      long hash = hash(Octets.bytes(source.evaluate(scope)));
      for (Part part : parts) {
        if (hash < part.below) {
          return part.value;
        }
      }
      return "";
    } finally {
      scope.leave();
    }
  }

  /** {@code ngx_murmur_hash2}. */
  static long hash(byte[] data) {
    ByteBuffer words = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    int h = data.length;
    while (words.remaining() >= 4) {
      int k = words.getInt() * M;
      k ^= k >>> 24;
      h = h * M ^ k * M;
    }
    if (words.hasRemaining()) {
      for (int shift = 0; words.hasRemaining(); shift += 8) {
        h ^= (words.get() & 0xff) << shift;
      }
      h *= M;
    }
    h ^= h >>> 13;
    h *= M;
    h ^= h >>> 15;
    return h & HASHES;
  }
}
