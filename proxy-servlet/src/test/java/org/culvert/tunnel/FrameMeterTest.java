package org.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
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

  private FrameMeter metered(int seed) {
    FrameMeter meter = new FrameMeter();
    byte[] all = wire.toByteArray();
    Random random = new Random(seed);
    int at = 0;
    while (at < all.length) {
      int size = seed == 0 ? 1 : 1 + random.nextInt(40_000);
      int count = Math.min(size, all.length - at);
      ByteBuffer part = ByteBuffer.wrap(all, at, count);
      meter.follow(part);
      assertThat(part.remaining()).isEqualTo(count);
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
      FrameMeter meter = metered(seed);
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
    assertThat(metered(0).closeCode()).isEqualTo(4321);
    wire.reset();
    frame(0x82, false, new byte[3]);
    frame(0x88, false, new byte[] {3, (byte) 0xe8});
    assertThat(metered(0).closeCode()).isEqualTo(1000);
    wire.reset();
    frame(0x88, true, new byte[0]);
    assertThat(metered(0).closeCode()).isEqualTo(FrameMeter.NO_STATUS);
  }

  @Test
  void isAtNoBorderInsideAFrame() {
    frame(0x82, false, new byte[300]);
    FrameMeter meter = new FrameMeter();
    byte[] all = wire.toByteArray();
    for (byte b : all) {
      assertThat(meter.isAtBorder()).isEqualTo(b == all[0] && meter.messages() == 0);
      meter.follow(ByteBuffer.wrap(new byte[] {b}));
      if (meter.isAtBorder()) {
        break;
      }
    }
    assertThat(meter.isAtBorder()).isTrue();
    assertThat(meter.bytes()).isEqualTo(300);
  }

  @Test
  void stopsCountingAtWhatIsNoFrame() {
    frame(0x81, true, new byte[5]);
    frame(0x83, true, new byte[5]);
    frame(0x81, true, new byte[5]);
    FrameMeter meter = metered(0);
    assertThat(meter.messages()).isEqualTo(1);
    assertThat(meter.isAtBorder()).isFalse();
  }
}
