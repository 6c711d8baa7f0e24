package org.culvert.resolver;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages of the domain name system (RFC 1035, section 4): questions out, answers in. */
final class DnsMessage {
  /** An address of IPv4. */
  static final int A = 1;

  /** An address of IPv6 (RFC 3596). */
  static final int AAAA = 28;

  private static final int CNAME = 5;
  private static final int INTERNET = 1;
  private static final int ANSWER = 0x8000;
  private static final int TRUNCATED = 0x0200;
  private static final int RECURSION_DESIRED = 0x0100;
  private static final int MOST_NAME = 253;
  private static final int MOST_LABEL = 63;

  /** How often one name may be another's alias in one answer. */
  private static final int MOST_ALIASES = 16;

  /**
   * An answer to a question.
   *
   * @param rcode 0, or what the server says is wrong
   * @param truncated whether the rest did not fit: to be asked again over TCP
   * @param addresses of the name, or of the one that it is an alias of
   * @param ttl seconds for which all of it may be kept
   * @param alias the name that is to be asked for instead, whose addresses are not in the answer;
   *     or null
   */
  record Answer(
      int rcode, boolean truncated, List<InetAddress> addresses, long ttl, @Nullable String alias) {
    static Answer failed(int rcode) {
      return new Answer(rcode, false, List.of(), 0, null);
    }
  }

  private record Alias(String target, long ttl) {}

  private record Address(InetAddress address, long ttl) {}

  private DnsMessage() {}

  /** Whether a name can be asked for. */
  static boolean isName(String name) {
    if (name.isEmpty() || name.length() > MOST_NAME) {
      return false;
    }
    for (String label : name.split("\\.", -1)) {
      if (label.isEmpty() || label.length() > MOST_LABEL) {
        return false;
      }
    }
    return true;
  }

  /** A question, ready to be sent. */
  static ByteBuffer question(int id, String name, int type) {
    ByteBuffer bytes = ByteBuffer.allocate(12 + name.length() + 2 + 4);
    bytes.putShort((short) id).putShort((short) RECURSION_DESIRED);
    bytes.putShort((short) 1).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    for (String label : name.split("\\.", -1)) {
      bytes.put((byte) label.length());
      for (int i = 0; i < label.length(); i++) {
        bytes.put((byte) label.charAt(i));
      }
    }
    bytes.put((byte) 0).putShort((short) type).putShort((short) INTERNET);
    return bytes.flip();
  }

  /**
   * Reads an answer.
   *
   * @param message all of it, from position 0 on
   * @return null where it is none to this question, or is broken
   */
  static @Nullable Answer answer(ByteBuffer message, int id, String name, int type) {
    try {
      int answeredId = message.getShort() & 0xffff;
      int flags = message.getShort() & 0xffff;
      int questions = message.getShort() & 0xffff;
      int answers = message.getShort() & 0xffff;
      message.getInt(); // Authorities and additional records are not read.
      if (answeredId != id || (flags & ANSWER) == 0 || questions != 1) {
        return null;
      }
      boolean asked = name(message).equals(name.toLowerCase(Locale.ROOT));
      if (!asked || message.getShort() != type || message.getShort() != INTERNET) {
        return null;
      }
      int rcode = flags & 15;
      if (rcode != 0 || (flags & TRUNCATED) != 0) {
        return new Answer(rcode, (flags & TRUNCATED) != 0, List.of(), 0, null);
      }
      return records(message, answers, name.toLowerCase(Locale.ROOT), type);
    } catch (BufferUnderflowException | IllegalArgumentException | UnknownHostException e) {
      return null;
    }
  }

  private static Answer records(ByteBuffer message, int count, String name, int type)
      throws UnknownHostException {
    Map<String, Alias> aliases = new HashMap<>();
    Map<String, List<Address>> addresses = new HashMap<>();
    for (int i = 0; i < count; i++) {
      String owner = name(message);
      int recordType = message.getShort() & 0xffff;
      int recordClass = message.getShort() & 0xffff;
      long ttl = Math.max(0, message.getInt());
      int length = message.getShort() & 0xffff;
      int end = message.position() + length;
      if (recordClass == INTERNET && recordType == CNAME) {
        aliases.putIfAbsent(owner, new Alias(name(message), ttl));
      } else if (recordClass == INTERNET && recordType == type) {
        byte[] bytes = new byte[length];
        message.get(bytes);
        addresses
            .computeIfAbsent(owner, o -> new ArrayList<>())
            .add(new Address(InetAddress.getByAddress(bytes), ttl));
      }
      message.position(end);
    }
    return follow(name, aliases, addresses);
  }

  /** From the name that was asked for to the one that has addresses. */
  private static Answer follow(
      String name, Map<String, Alias> aliases, Map<String, List<Address>> addresses) {
    String at = name;
    long ttl = Integer.MAX_VALUE;
    for (int i = 0; i < MOST_ALIASES && !addresses.containsKey(at); i++) {
      Alias alias = aliases.get(at);
      if (alias == null) {
        break;
      }
      at = alias.target();
      ttl = Math.min(ttl, alias.ttl());
    }
    List<InetAddress> found = new ArrayList<>();
    for (Address address : addresses.getOrDefault(at, List.of())) {
      found.add(address.address());
      ttl = Math.min(ttl, address.ttl());
    }
    return new Answer(
        0, false, List.copyOf(found), ttl, found.isEmpty() && !at.equals(name) ? at : null);
  }

  /** Reads a name, whose end may stand further up (RFC 1035, section 4.1.4); in lower case. */
  private static String name(ByteBuffer message) {
    StringBuilder name = new StringBuilder();
    int behind = -1;
    int least = message.position();
    while (true) {
      int length = message.get() & 0xff;
      if (length == 0) {
        break;
      }
      if (length >= 0xc0) {
        int target = (length & 0x3f) << 8 | message.get() & 0xff;
        if (target >= least) {
          throw new IllegalArgumentException("a name that points to itself or forward");
        }
        behind = behind < 0 ? message.position() : behind;
        least = target;
        message.position(target);
        continue;
      }
      if (length > MOST_LABEL || name.length() + length > MOST_NAME) {
        throw new IllegalArgumentException("a name that is too long");
      }
      if (name.length() > 0) {
        name.append('.');
      }
      for (int i = 0; i < length; i++) {
        name.append((char) (message.get() & 0xff));
      }
    }
    if (behind >= 0) {
      message.position(behind);
    }
    return name.toString().toLowerCase(Locale.ROOT);
  }
}
