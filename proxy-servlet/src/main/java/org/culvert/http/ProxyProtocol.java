package org.culvert.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header that the PROXY protocol puts before a connection's own bytes, as nginx does
 * ({@code ngx_proxy_protocol_read}): the line of version 1 or the block of version 2. Unlike nginx
 * it takes a header that comes in pieces.
 */
public final class ProxyProtocol {
  /** The longest header that is taken, in bytes (nginx, {@code NGX_PROXY_PROTOCOL_MAX_HEADER}). */
  public static final int LONGEST = 4096;

  private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] V2 = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);
  private static final int V2_FIXED = 16;
  private static final int PROXY_COMMAND = 1;
  private static final int STREAM = 1;
  private static final Pattern LINE =
      Pattern.compile(
          "PROXY (?:UNKNOWN.*|TCP[46] ([0-9a-fA-F:.]*) ([0-9a-fA-F:.]*) ([0-9]+) ([0-9]+))",
          Pattern.DOTALL);
  private static final int HIGHEST_PORT = 65_535;

  /**
   * How far the reading is.
   *
   * @param length how many bytes the header has; 0 while more are needed
   * @param header what it tells; null for one that tells nothing (UNKNOWN, LOCAL, no TCP)
   * @param error what is wrong with it in nginx's words, or null
   */
  public record Reading(int length, @Nullable ProxyHeader header, @Nullable String error) {
    /** Whether more bytes are needed. */
    public boolean isIncomplete() {
      return length == 0 && error == null;
    }
  }

  private static final Reading INCOMPLETE = new Reading(0, null, null);

  private ProxyProtocol() {}

  /** Looks at the first bytes of a connection, {@link #LONGEST} at most. */
  public static Reading read(byte[] bytes, int count) {
    if (begins(bytes, count, V2)) {
      return count < V2_FIXED ? INCOMPLETE : block(bytes, count);
    }
    return begins(bytes, count, V1) ? line(bytes, count) : broken(bytes, count);
  }

  private static boolean begins(byte[] bytes, int count, byte[] with) {
    int compared = Math.min(count, with.length);
    return Arrays.equals(bytes, 0, compared, with, 0, compared);
  }

  private static Reading broken(byte[] bytes, int count) {
    int end = 0;
    while (end < count && bytes[end] != '\r' && bytes[end] != '\n') {
      end++;
    }
    return error("broken header: \"" + text(bytes, 0, end) + "\"");
  }

  private static Reading error(String words) {
    return new Reading(0, null, words);
  }

  private static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
  }

  private static Reading line(byte[] bytes, int count) {
    int end = V1.length;
    while (end < count && bytes[end] != '\n') {
      end++;
    }
    if (end >= count) {
      return count < LONGEST ? INCOMPLETE : broken(bytes, count);
    }
    Matcher line = LINE.matcher(text(bytes, 0, end - 1));
    if (bytes[end - 1] != '\r' || !line.matches()) {
      return broken(bytes, count);
    }
    String source = line.group(1);
    if (source == null) {
      return new Reading(end + 1, null, null);
    }
    int sourcePort = port(line.group(3));
    int serverPort = port(line.group(4));
    return sourcePort < 0 || serverPort < 0
        ? broken(bytes, count)
        : new Reading(
            end + 1, new ProxyHeader(source, sourcePort, line.group(2), serverPort, ""), null);
  }

  private static int port(String digits) {
    int port = digits.length() > 18 ? -1 : (int) Math.min(Long.parseLong(digits), 1 << 20);
    return port > HIGHEST_PORT ? -1 : port;
  }

  private static Reading block(byte[] bytes, int count) {
    int version = (bytes[12] & 0xff) >> 4;
    if (version != 2) {
      return error("unknown PROXY protocol version: " + version);
    }
    int length = V2_FIXED + number(bytes, 14);
    if (length > LONGEST) {
      return error("header is too large");
    }
    if (count < length) {
      return INCOMPLETE;
    }
    int addressLength =
        switch ((bytes[13] & 0xff) >> 4) {
          case 1 -> 4;
          case 2 -> 16;
          default -> 0;
        };
    boolean tells = (bytes[12] & 0x0f) == PROXY_COMMAND && (bytes[13] & 0x0f) == STREAM;
    if (!tells || addressLength == 0) {
      return new Reading(length, null, null);
    }
    int ports = V2_FIXED + 2 * addressLength;
    if (length < ports + 4) {
      return broken(bytes, 0);
    }
    ProxyHeader header =
        new ProxyHeader(
            address(bytes, V2_FIXED, addressLength),
            number(bytes, ports),
            address(bytes, V2_FIXED + addressLength, addressLength),
            number(bytes, ports + 2),
            text(bytes, ports + 4, length - ports - 4));
    return new Reading(length, header, null);
  }

  private static int number(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  private static String address(byte[] bytes, int from, int length) {
    try {
      InetAddress address =
          InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + length));
      return IpAddresses.text(new InetSocketAddress(address, 0));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four or sixteen bytes are an address", e);
    }
  }
}
