package org.culvert.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages in bytes. */
class DnsMessageTest {
  static final int CNAME = 5;

  /** An answer to {@link DnsMessage#question} with records behind it, in hexadecimal. */
  private static ByteBuffer answer(String flags, int count, String records) {
    ByteBuffer question = DnsMessage.question(0x1234, "a.example", DnsMessage.A);
    byte[] more = java.util.HexFormat.of().parseHex(records.replace(" ", ""));
    ByteBuffer bytes = ByteBuffer.allocate(question.remaining() + more.length);
    bytes.put(question).put(more).flip();
    bytes.putShort(2, (short) Integer.parseInt(flags, 16)).putShort(6, (short) count);
    return bytes;
  }

  private static DnsMessage.Answer read(ByteBuffer bytes) {
    return DnsMessage.answer(bytes, 0x1234, "a.Example", DnsMessage.A);
  }

  private static final String ONE = "c00c 0001 0001 0000003c 0004 7f000001";

  @Test
  void anAddressAndItsTimeToLive() {
    DnsMessage.Answer answer = read(answer("8180", 1, ONE));
    assertThat(answer.addresses()).extracting("hostAddress").containsExactly("127.0.0.1");
    assertThat(answer.ttl()).isEqualTo(60);
    assertThat(answer.alias()).isNull();
  }

  @Test
  void theAddressesOfAnAliasAreTheNames() {
    String alias = "c00c 0005 0001 00000005 0004 0162 c00e"; // b.example
    String address = "0162 c00e 0001 0001 0000003c 0004 7f000002";
    DnsMessage.Answer answer = read(answer("8180", 2, address + alias));
    assertThat(answer.addresses()).extracting("hostAddress").containsExactly("127.0.0.2");
    assertThat(answer.ttl()).isEqualTo(5);
    assertThat(read(answer("8180", 1, alias)).alias()).isEqualTo("b.example");
  }

  @Test
  void anAliasOfItselfComesToNothing() {
    DnsMessage.Answer answer = read(answer("8180", 1, "c00c 0005 0001 00000005 0002 c00c"));
    assertThat(answer.addresses()).isEmpty();
    assertThat(answer.alias()).isNull();
  }

  @Test
  void addressesOfOthersAreNotTaken() {
    assertThat(read(answer("8180", 1, "0162 c00e 0001 0001 0000003c 0004 7f000002")).addresses())
        .isEmpty();
  }

  @Test
  void whatIsNoAnswerToTheQuestionIsNone() {
    assertThat(read(answer("0180", 1, ONE))).as("a question").isNull();
    assertThat(DnsMessage.answer(answer("8180", 1, ONE), 0x1235, "a.example", DnsMessage.A))
        .as("another number")
        .isNull();
    assertThat(DnsMessage.answer(answer("8180", 1, ONE), 0x1234, "b.example", DnsMessage.A))
        .as("another name")
        .isNull();
    assertThat(DnsMessage.answer(answer("8180", 1, ONE), 0x1234, "a.example", DnsMessage.AAAA))
        .as("another type")
        .isNull();
    assertThat(read(answer("8180", 2, ONE))).as("cut short").isNull();
    assertThat(read(answer("8180", 1, "c01b 0001 0001 0000003c 0004 7f000001")))
        .as("a name that points to itself")
        .isNull();
    assertThat(read(answer("8180", 1, "c00c 0001 0001 0000003c 0003 7f0000")))
        .as("three bytes are no address")
        .isNull();
  }

  @Test
  void theServersRefusal() {
    assertThat(read(answer("8183", 0, "")).rcode()).isEqualTo(3);
    assertThat(read(answer("8380", 0, "")).truncated()).isTrue();
  }

  @Test
  void anyBytesAreReadToAnEnd() {
    Random random = new Random(1);
    byte[] good = answer("8180", 1, ONE).array();
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = good.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        bytes[2 + random.nextInt(bytes.length - 2)] = (byte) random.nextInt(256);
      }
      read(ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length + 1)));
    }
  }

  @Test
  void whichNamesCanBeAskedFor() {
    assertThat(DnsMessage.isName("a")).isTrue();
    assertThat(DnsMessage.isName("x".repeat(63) + ".y")).isTrue();
    assertThat(DnsMessage.isName("x".repeat(64) + ".y")).isFalse();
    assertThat(DnsMessage.isName("a..b")).isFalse();
    assertThat(DnsMessage.isName(".a")).isFalse();
    assertThat(DnsMessage.isName("")).isFalse();
    assertThat(DnsMessage.isName("a.".repeat(126) + "ab")).isFalse();
  }
}
