package org.culvert.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Beside the JDK's own decoder. */
class Utf8CheckTest {
  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static boolean accepts(byte[] bytes, int cut) {
    Utf8Check check = new Utf8Check();
    ByteBuffer all = ByteBuffer.wrap(bytes);
    return check.accepts(all, 0, cut, false) && check.accepts(all, cut, bytes.length, true);
  }

  @Test
  void agreesWithTheJdkOnEverySequenceOfTwoBytesAndOnManyOfFour() {
    Random random = new Random(1);
    int[] interesting = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf};
    int[] leading = {0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    for (int i = 0; i < 65536; i++) {
      byte[] two = {(byte) (i >> 8), (byte) i};
      assertThat(accepts(two, i % 3)).isEqualTo(isUtf8(two));
      byte[] four = new byte[4];
      four[0] = (byte) leading[random.nextInt(leading.length)];
      for (int k = 1; k < 4; k++) {
        four[k] = (byte) interesting[random.nextInt(interesting.length)];
      }
      assertThat(accepts(four, i % 5)).isEqualTo(isUtf8(four));
    }
  }

  @Test
  void agreesWithTheJdkOnLongTextsCutAnywhere() {
    Random random = new Random(2);
    for (int i = 0; i < 2000; i++) {
      byte[] text =
          "plain text that is long, é, €, 😀 and more of it"
              .repeat(3)
              .getBytes(StandardCharsets.UTF_8);
      if (i % 2 == 0) {
        text[random.nextInt(text.length)] = (byte) random.nextInt(256);
      }
      int cut = random.nextInt(text.length + 1);
      assertThat(accepts(text, cut)).isEqualTo(isUtf8(text));
    }
  }
}
