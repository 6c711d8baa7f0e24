package org.culvert.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is encoded is what a peer decodes. */
class FrameEncoderTest {
  private static int[] octets(ByteBuffer frame) {
    int[] octets = new int[frame.remaining()];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = frame.get(frame.position() + i) & 0xff;
    }
    return octets;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void enclosesEverySizeInItsShortestForm(boolean masking) {
    FrameEncoder encoder = new FrameEncoder(masking);
    Random random = new Random(1);
    for (int size : new int[] {0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001}) {
      byte[] payload = new byte[size];
      random.nextBytes(payload);
      ByteBuffer buffer = ByteBuffer.allocateDirect(20 + size + 3);
      buffer.position(20).put(payload).flip().position(20);
      encoder.enclose(buffer, FrameDecoder.BINARY, true);
      assertThat(buffer.remaining()).isEqualTo(encoder.headerSize(size) + size);
      assertThat(new Frames(masking).raw(octets(buffer)).decoded(1 << 20))
          .isEqualTo(new Frames(masking).frame(0x82, payload).decoded(1 << 20));
    }
  }

  @Test
  void fragmentsAndControlFramesAreWhatTheyAre() {
    FrameEncoder encoder = new FrameEncoder(false);
    assertThat(octets(encoder.control(FrameDecoder.PING, new byte[0]))).containsExactly(0x89, 0);
    assertThat(octets(encoder.control(FrameDecoder.PONG, new byte[] {1, 2})))
        .containsExactly(0x8a, 2, 1, 2);
    ByteBuffer part = ByteBuffer.allocate(3).position(2).put(2, (byte) 9);
    encoder.enclose(part, FrameDecoder.TEXT, false);
    assertThat(octets(part)).containsExactly(0x01, 1, 9);
  }

  @Test
  void masksAreDifferent() {
    Set<Integer> keys = new HashSet<>();
    for (int i = 0; i < 5000; i++) { // More than are drawn at once.
      keys.add(Masks.next());
    }
    assertThat(keys.size()).isGreaterThan(4990);
  }

  @Test
  void aReasonThatIsTooLongIsCutBetweenCharacters() {
    byte[] payload = FrameEncoder.close(1001, "a" + "é".repeat(100));
    assertThat(payload).hasSizeLessThanOrEqualTo(125);
    assertThat(new String(payload, 2, payload.length - 2, UTF_8)).isEqualTo("a" + "é".repeat(61));
    assertThat(FrameEncoder.close(1005, "none")).isEmpty();
  }
}
