package org.culvert.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6455, section 5, in bytes. */
class FrameDecoderTest {
  private static final int WHOLE = Integer.MAX_VALUE;

  private static Frames client() {
    return new Frames(true);
  }

  private static Frames server() {
    return new Frames(false);
  }

  /** Section 5.7. */
  @Test
  void readsTheExamplesOfTheRfc() {
    assertThat(server().raw(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f).decoded(WHOLE))
        .containsExactly("text Hello");
    assertThat(
            client()
                .raw(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58)
                .decoded(WHOLE))
        .containsExactly("text Hello");
    assertThat(
            server()
                .raw(0x01, 0x03, 0x48, 0x65, 0x6c)
                .raw(0x80, 0x02, 0x6c, 0x6f)
                .raw(0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f)
                .decoded(WHOLE))
        .containsExactly("text Hello", "ping Hello");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsEveryLengthWhereverTheBytesAreCut(boolean masked) {
    Random random = new Random(1);
    for (int size :
        new int[] {0, 1, 2, 3, 4, 5, 7, 8, 9, 124, 125, 126, 127, 65535, 65536, 70001}) {
      byte[] payload = new byte[size];
      random.nextBytes(payload);
      Frames frames = new Frames(masked).frame(0x82, payload).frame(0x81, "next");
      List<String> whole = frames.decoded(WHOLE);
      assertThat(whole).hasSize(2).last().isEqualTo("text next");
      int most = Math.min(frames.bytes().length, 40);
      for (int cut = 1; cut < most; cut++) {
        assertThat(frames.decoded(cut, WHOLE)).isEqualTo(whole);
        assertThat(frames.decoded(cut, cut)).isEqualTo(whole);
      }
      for (int i = 0; i < 10; i++) {
        assertThat(frames.decoded(random.ints(200, 1, 5000).toArray())).isEqualTo(whole);
      }
    }
  }

  @Test
  void readsControlFramesBetweenFragments() {
    Frames frames =
        client()
            .frame(0x01, "a €")
            .frame(0x89, "one")
            .frame(0x00, "")
            .frame(0x8a, "two")
            .frame(0x80, " uro")
            .frame(0x02, "")
            .frame(0x80, "")
            .frame(0x88, new byte[] {0x03, (byte) 0xe8, 'b', 'y', 'e'})
            .frame(0x81, "never read");
    for (int cut = 1; cut < frames.bytes().length; cut++) {
      assertThat(frames.decoded(cut, WHOLE))
          .containsExactly("ping one", "pong two", "text a € uro", "binary ", "close 1000 bye");
      assertThat(frames.decoded(cut)).hasSize(5);
    }
  }

  @Test
  void readsACloseWithoutAStatus() {
    assertThat(client().frame(0x88, "").decoded(WHOLE)).containsExactly("close 1005 ");
    assertThat(server().frame(0x88, new byte[] {0x0f, (byte) 0xa0}).decoded(1))
        .containsExactly("close 4000 ");
  }

  @ParameterizedTest
  @CsvSource({
    "c1 80, a reserved bit is set",
    "a1 80, a reserved bit is set",
    "91 80, a reserved bit is set",
    "83 80, opcode 3 is reserved",
    "87 80, opcode 7 is reserved",
    "8b 80, opcode 11 is reserved",
    "8f 80, opcode 15 is reserved",
    "09 80, control frame is fragmented",
    "08 80, control frame is fragmented",
    "89 fe, longer than 125",
    "88 ff, longer than 125",
    "80 80, nothing to continue",
    "00 80, nothing to continue",
    "82 fe 00 7d, length 125 is not in its shortest form",
    "82 ff 00 00 00 00 00 00 ff ff, length 65535 is not in its shortest form",
    "82 ff 80 00 00 00 00 00 00 00, beyond 63 bits",
    "01 80 00 00 00 00 81, begins inside of another",
    "82 00, not masked",
  })
  void refusesWhatTheRfcForbids(String bytes, String why) {
    int[] octets =
        Arrays.stream(bytes.split(" ")).mapToInt(hex -> Integer.parseInt(hex, 16)).toArray();
    List<String> seen = client().raw(octets).decoded(WHOLE);
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0)).startsWith("1002 ").contains(why);
    assertThat(client().raw(octets).decoded(1)).isEqualTo(seen);
  }

  @Test
  void refusesAMaskedFrameFromAServer() {
    assertThat(server().raw(0x82, 0x80).decoded(1))
        .containsExactly("1002 a server's frame is masked");
  }

  /** 2^62 bytes are announced; what comes of them is passed on. */
  @Test
  void takesTheLongestFrame() {
    assertThat(server().raw(0x82, 0x7f, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3).decoded(1))
        .containsExactly("unfinished 3");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535})
  void refusesACloseWithACodeThatMayNotBeSent(int code) {
    assertThat(client().frame(0x88, new byte[] {(byte) (code >> 8), (byte) code}).decoded(1))
        .containsExactly("1002 a Close may not have the code " + code);
  }

  @Test
  void refusesACloseOfOneByteAndOneWhoseReasonIsNoText() {
    assertThat(client().frame(0x88, new byte[] {3}).decoded(WHOLE))
        .containsExactly("1002 a Close has one byte, 3");
    assertThat(client().frame(0x88, new byte[] {3, (byte) 0xe8, (byte) 0xc3}).decoded(WHOLE))
        .containsExactly("1007 the reason of a Close is not UTF-8");
  }

  @Test
  void noticesTextThatIsNoTextAtTheFirstByte() {
    byte[] wrong = {'o', 'k', (byte) 0xed, (byte) 0xa0, 'x', 'x'}; // The begin of a surrogate.
    assertThat(client().frame(0x01, wrong).decoded(WHOLE))
        .containsExactly("1007 a text message is not UTF-8");
    // The fourth byte of the payload is the tenth of the frame; the rest has not come.
    Frames begun = client().frame(0x01, wrong);
    assertThat(new Frames(true).raw(head(begun.bytes(), 10)).decoded(WHOLE))
        .containsExactly("1007 a text message is not UTF-8");
    assertThat(new Frames(true).raw(head(begun.bytes(), 9)).decoded(1))
        .containsExactly("unfinished 3");
  }

  private static int[] head(byte[] bytes, int count) {
    int[] octets = new int[count];
    for (int i = 0; i < count; i++) {
      octets[i] = bytes[i] & 0xff;
    }
    return octets;
  }

  @Test
  void followsCharactersAcrossFragmentsAndNotAcrossMessages() {
    byte[] text = "aé€😀".getBytes(UTF_8);
    for (int cut = 0; cut <= text.length; cut++) {
      Frames frames =
          server()
              .frame(0x01, Arrays.copyOf(text, cut))
              .frame(0x89, "")
              .frame(0x80, Arrays.copyOfRange(text, cut, text.length));
      assertThat(frames.decoded(1)).containsExactly("ping ", "text aé€😀");
      assertThat(frames.decoded(WHOLE)).containsExactly("ping ", "text aé€😀");
    }
    assertThat(
            server()
                .frame(0x81, new byte[] {(byte) 0xc3})
                .frame(0x81, new byte[] {(byte) 0xa9})
                .decoded(WHOLE))
        .containsExactly("1007 a text message is not UTF-8");
    assertThat(server().frame(0x82, new byte[] {(byte) 0xc3}).decoded(WHOLE))
        .containsExactly("binary ww==");
  }
}
