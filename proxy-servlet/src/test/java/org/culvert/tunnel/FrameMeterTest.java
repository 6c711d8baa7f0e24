package org.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.culvert.tunnel.FrameMeter.ReservedBits;
import org.junit.jupiter.api.Test;

/** Frames in bytes, cut anywhere. */
class FrameMeterTest {
  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();

  private void frame(int first, boolean masked, byte[] payload) {
    wire.write(first);
    int mask = masked ? 0x80 : 0;
    if (payload.length < 126) {
      wire.write(mask | payload.length);
    } else if (payload.length < 65536) {
      wire.write(mask | 126);
      wire.write(payload.length >> 8);
      wire.write(payload.length);
    } else {
      wire.write(mask | 127);
      wire.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    byte[] key = {1, 2, 3, (byte) 0xf4};
    if (masked) {
      wire.writeBytes(key);
    }
    for (int i = 0; i < payload.length; i++) {
      wire.write(masked ? payload[i] ^ key[i % 4] : payload[i]);
    }
  }

  private FrameMeter metered(int seed, boolean masked) {
    return metered(seed, new FrameMeter(masked, ReservedBits.DEFLATE), new ByteArrayOutputStream());
  }

  /** Follows all that there is in parts, as a tunnel does. */
  private FrameMeter metered(int seed, FrameMeter meter, ByteArrayOutputStream passed) {
    byte[] all = wire.toByteArray();
    Random random = new Random(seed);
    ByteBuffer part = ByteBuffer.allocate(50_000);
    int at = 0;
    while (at < all.length && meter.violation() == null) {
      int size = seed == 0 ? 1 : 1 + random.nextInt(40_000);
      int count = Math.min(size, all.length - at);
      meter.giveBack(part.clear());
      assertThat(part.position()).isLessThan(14);
      part.put(all, at, count).flip();
      int end = meter.follow(part);
      passed.write(part.array(), 0, end);
      at += count;
    }
    return meter;
  }

  @Test
  void countsMessagesBytesAndPingsWhereverTheBytesAreCut() {
    frame(0x81, true, new byte[5]);
    frame(0x02, true, new byte[70_000]);
    frame(0x89, true, new byte[3]); // A ping between two fragments.
    frame(0x80, true, new byte[126]);
    frame(0x82, true, new byte[0]);
    frame(0xc1, true, new byte[10]); // RSV1: compressed.
    for (int seed = 0; seed < 20; seed++) {
      ByteArrayOutputStream passed = new ByteArrayOutputStream();
      FrameMeter meter = metered(seed, new FrameMeter(true, ReservedBits.DEFLATE), passed);
      assertThat(passed.toByteArray()).isEqualTo(wire.toByteArray());
      assertThat(meter.messages()).isEqualTo(4);
      assertThat(meter.bytes()).isEqualTo(5 + 70_000 + 126 + 10);
      assertThat(meter.pings()).isEqualTo(1);
      assertThat(meter.closeCode()).isEqualTo(FrameMeter.NONE);
      assertThat(meter.isAtBorder()).isTrue();
    }
  }

  @Test
  void readsACloseCodeMaskedOrNot() {
    frame(0x88, true, new byte[] {(byte) (4321 >> 8), (byte) 4321, 'b', 'y', 'e'});
    assertThat(metered(0, true).closeCode()).isEqualTo(4321);
    wire.reset();
    frame(0x82, false, new byte[3]);
    frame(0x88, false, new byte[] {3, (byte) 0xe8});
    assertThat(metered(0, false).closeCode()).isEqualTo(1000);
    wire.reset();
    frame(0x88, true, new byte[0]);
    assertThat(metered(0, true).closeCode()).isEqualTo(FrameMeter.NO_STATUS);
  }

  @Test
  void isAtNoBorderInsideAFrameAndIsWhileAHeaderIsHeldBack() {
    frame(0x82, false, new byte[300]);
    FrameMeter meter = new FrameMeter(false, ReservedBits.NONE);
    byte[] all = wire.toByteArray();
    ByteBuffer part = ByteBuffer.allocate(20);
    for (int i = 0; i < all.length; i++) {
      meter.giveBack(part.clear());
      assertThat(meter.isAtBorder()).isEqualTo(i < 4);
      part.put(all[i]).flip();
      assertThat(meter.follow(part)).isEqualTo(i < 3 ? 0 : part.limit());
    }
    assertThat(meter.isAtBorder()).isTrue();
    assertThat(meter.bytes()).isEqualTo(300);
  }

  private static byte[] of(int... octets) {
    byte[] bytes = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    return bytes;
  }

  /** RFC 6455, section 5.2. */
  @Test
  void stopsBeforeWhatIsNoFrame() {
    Map<String, byte[]> wrong = new LinkedHashMap<>();
    for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      wrong.put("a frame of the reserved opcode " + opcode, of(0x80 | opcode, 0));
    }
    wrong.put("a frame with reserved bits (0x10)", of(0x91, 0));
    wrong.put("a frame with reserved bits (0x20)", of(0xa2, 0));
    wrong.put("a frame with reserved bits (0x40)", of(0xc1, 0));
    wrong.put("a masked frame", of(0x81, 0x80, 1, 2, 3, 4));
    wrong.put("a control frame of 126 bytes", of(0x89, 126, 0, 126));
    wrong.put("a control frame of 1 bytes", of(0x88, 1, 7));
    wrong.put("a control frame of 2 bytes, cut", of(0x08, 2, 3, 0xe8));
    String longer = "a frame whose length is written in a longer form than it needs: ";
    wrong.put(longer + 125, of(0x81, 126, 0, 125));
    wrong.put(longer + 65535, of(0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff));
    wrong.put(longer + Long.MIN_VALUE, of(0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0));
    wrong.forEach(
        (why, bytes) -> {
          for (int seed = 0; seed < 3; seed++) {
            wire.reset();
            frame(0x81, false, new byte[5]);
            byte[] good = wire.toByteArray();
            wire.writeBytes(bytes);
            frame(0x81, false, new byte[5]);
            FrameMeter meter = new FrameMeter(false, ReservedBits.NONE);
            ByteArrayOutputStream passed = new ByteArrayOutputStream();
            metered(seed, meter, passed);
            assertThat(meter.violation()).isEqualTo(why);
            assertThat(passed.toByteArray()).isEqualTo(good);
            assertThat(meter.messages()).isEqualTo(1);
            assertThat(meter.isAtBorder()).isTrue();
          }
        });
  }

  @Test
  void wantsAClientsFramesMasked() {
    frame(0x81, false, new byte[5]);
    assertThat(metered(0, true).violation()).isEqualTo("a frame without a mask");
  }

  /** RFC 7692, section 6. */
  @Test
  void allowsTheBitOfCompressionWhereAMessageBegins() {
    frame(0x41, false, new byte[5]);
    frame(0x80, false, new byte[5]);
    assertThat(metered(0, false).violation()).isNull();
    frame(0xc9, false, new byte[5]);
    assertThat(metered(0, false).violation()).isEqualTo("a frame with reserved bits (0x40)");
    FrameMeter any = new FrameMeter(false, ReservedBits.ANY);
    assertThat(metered(0, any, new ByteArrayOutputStream()).violation()).isNull();
  }
}
