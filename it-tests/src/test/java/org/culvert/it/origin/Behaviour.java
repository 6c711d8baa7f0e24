package org.culvert.it.origin;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** What the origin does with one request. Failures are values like any other answer. */
public sealed interface Behaviour {

  /** What becomes of the connection after an answer or a part of one. */
  enum After {
    /** The next request may come. */
    KEEP_ALIVE,
    /** FIN. */
    CLOSE,
    /** RST. */
    RESET,
    /** Nothing more is sent; the connection stays open until the other side ends it. */
    STALL
  }

  /** Reads the request whole, then sends exactly these bytes. */
  record Bytes(byte[] bytes, After after) implements Behaviour {}

  /** As {@link Bytes}, but neither reads the body nor waits for it. */
  record BytesBeforeBody(byte[] bytes, After after) implements Behaviour {}

  /** Waits before it does something else. */
  record Delayed(Duration pause, Behaviour then) implements Behaviour {}

  /** Sends a head, then pieces with a pause before each. */
  record Drip(byte[] head, List<byte[]> pieces, Duration pause, After after) implements Behaviour {}

  /** Answers 200 with that many bytes of a pattern, as fast as they are taken. */
  record Flood(long length, boolean chunked) implements Behaviour {}

  /** Answers 200 with the request's body, whose pieces go back as they come. */
  record EchoBody() implements Behaviour {}

  /** Reads the body, however long, and answers with its length and CRC-32. */
  record Measure() implements Behaviour {}

  /** Asks for the body by 100 Continue, then does something else. */
  record Continue(Behaviour then) implements Behaviour {}

  /** The first request gets the first, and so on; the last is repeated. */
  record InTurn(List<Behaviour> behaviours) implements Behaviour {}

  /** Hands the connection to the test, which reads the body and answers: {@link Origin#take}. */
  record HandOver() implements Behaviour {}

  /**
   * Answers an upgrade with 101.
   *
   * @param fault what is wrong with the answer
   * @param fields more field lines of the answer
   * @param together bytes sent in the same write as the answer
   * @param talk what follows
   */
  record Upgrade(Fault fault, List<String> fields, byte[] together, Talk talk)
      implements Behaviour {}

  /** What can be wrong with a 101. */
  enum Fault {
    NONE,
    WRONG_ACCEPT,
    NO_ACCEPT,
    NO_UPGRADE_FIELD,
    OTHER_UPGRADE_TOKEN,
    NO_CONNECTION_FIELD
  }

  /** What an origin does with an open WebSocket. */
  enum Talk {
    /** Sends every message back, frame by frame; answers pings and Close. */
    ECHO,
    /** Reads nothing at all. */
    DEAF,
    /** Reads everything, says nothing, answers no ping. */
    MUTE,
    /** The test takes it: {@link Origin#takeWebSocket}. */
    HAND_OVER
  }

  /** An answer with a length, the connection kept. */
  static Behaviour answer(int status, String body, String... fields) {
    return answer(status, body.getBytes(StandardCharsets.UTF_8), fields);
  }

  /** An answer with a length, the connection kept. */
  static Behaviour answer(int status, byte[] body, String... fields) {
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append(" Scripted\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    byte[] start =
        head.append("Content-Length: ")
            .append(body.length)
            .append("\r\n\r\n")
            .toString()
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] whole = new byte[start.length + body.length];
    System.arraycopy(start, 0, whole, 0, start.length);
    System.arraycopy(body, 0, whole, start.length, body.length);
    return new Bytes(whole, After.KEEP_ALIVE);
  }

  /** Exactly these bytes, then that. */
  static Behaviour bytes(String bytes, After after) {
    return new Bytes(bytes.getBytes(StandardCharsets.ISO_8859_1), after);
  }

  /** No answer, ever. */
  static Behaviour stall() {
    return bytes("", After.STALL);
  }

  /** FIN instead of an answer. */
  static Behaviour close() {
    return bytes("", After.CLOSE);
  }

  /** RST instead of an answer. */
  static Behaviour reset() {
    return bytes("", After.RESET);
  }

  /** A right 101, then that talk. */
  static Behaviour webSocket(Talk talk, String... fields) {
    return new Upgrade(Fault.NONE, List.of(fields), new byte[0], talk);
  }

  /** A 101 with a fault. */
  static Behaviour faulty(Fault fault, String... fields) {
    return new Upgrade(fault, List.of(fields), new byte[0], Talk.MUTE);
  }

  /** One after the other. */
  static Behaviour inTurn(Behaviour... behaviours) {
    return new InTurn(List.of(behaviours));
  }
}
