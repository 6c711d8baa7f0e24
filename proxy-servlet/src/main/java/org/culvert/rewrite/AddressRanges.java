package org.culvert.rewrite;

import java.net.InetAddress;
import java.util.Map;
import java.util.TreeMap;
import org.culvert.http.IpAddresses;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of IPv4 addresses of a {@code geo} block. One may lie within another that stands
 * before it, and takes its part; two that overlap otherwise are an error of the file. Filled on one
 * thread, then read by any.
 */
public final class AddressRanges {
  /** A stretch of addresses, both ends in it. */
  public record Range(long first, long last) {
    /**
     * The range that a text is, {@code 10.0.0.1-10.0.0.9}.
     *
     * @return null where it is none
     */
    public static @Nullable Range parse(String text) {
      int dash = text.indexOf('-');
      InetAddress first = dash < 0 ? null : IpAddresses.ipv4(text.substring(0, dash));
      InetAddress last = dash < 0 ? null : IpAddresses.ipv4(text.substring(dash + 1));
      if (first == null || last == null || number(first) > number(last)) {
        return null;
      }
      return new Range(number(first), number(last));
    }

    @Override
    public String toString() {
      return dotted(first) + "-" + dotted(last);
    }

    private static String dotted(long address) {
      return (address >> 24)
          + "."
          + (address >> 16 & 255)
          + "."
          + (address >> 8 & 255)
          + "."
          + (address & 255);
    }
  }

  private record Entry(Range range, String value) {}

  private final TreeMap<Long, Entry> entries = new TreeMap<>();

  /**
   * The range that a new one would overlap without lying within it.
   *
   * @return null where there is none
   */
  public @Nullable Range overlapped(Range range) {
    Map.Entry<Long, Entry> before = entries.floorEntry(range.first);
    Range around = before == null ? null : before.getValue().range;
    if (around != null && around.last >= range.first) {
      return around.last >= range.last ? null : around;
    }
    Map.Entry<Long, Entry> next = entries.higherEntry(range.first);
    return next != null && next.getKey() <= range.last ? next.getValue().range : null;
  }

  /**
   * Adds a range that overlaps nothing.
   *
   * @return the value that this very range had before, or null
   */
  public @Nullable String add(Range range, String value) {
    Map.Entry<Long, Entry> before = entries.floorEntry(range.first);
    Entry around = before == null ? null : before.getValue();
    if (around != null && around.range.equals(range)) {
      entries.put(range.first, new Entry(range, value));
      return around.value;
    }
    if (around != null && around.range.last >= range.last) {
      entries.remove(around.range.first);
      put(around.range.first, range.first - 1, around.value);
      put(range.last + 1, around.range.last, around.value);
    }
    entries.put(range.first, new Entry(range, value));
    return null;
  }

  private void put(long first, long last, String value) {
    if (first <= last) {
      entries.put(first, new Entry(new Range(first, last), value));
    }
  }

  /** Removes a range; returns whether it was there. */
  public boolean delete(Range range) {
    Entry entry = entries.get(range.first);
    return entry != null && entry.range.equals(range) && entries.remove(range.first) != null;
  }

  /** Whether there is a range already. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** The value for an address, null where no range has it. */
  @Nullable String find(InetAddress address) {
    if (address.getAddress().length != 4) {
      return null;
    }
    Map.Entry<Long, Entry> before = entries.floorEntry(number(address));
    return before == null || before.getValue().range.last < number(address)
        ? null
        : before.getValue().value;
  }

  private static long number(InetAddress address) {
    long number = 0;
    for (byte octet : address.getAddress()) {
      number = number << 8 | (octet & 0xff);
    }
    return number;
  }
}
