package org.culvert.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.junit.jupiter.api.Test;

/** Buffers that are lent, given back and forsaken. */
class JettyInputTest {
  private static ByteArrayEndPoint endPoint(String text) {
    return new ByteArrayEndPoint(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 64);
  }

  @Test
  void leavesRoomForAHeaderBeforeWhatItReads() throws Exception {
    JettyInput input = new JettyInput(endPoint("hello"));
    assertThat(input.fill()).isTrue();
    ByteBuffer in = input.bytes();
    assertThat(in).isNotNull();
    assertThat(in.position()).isGreaterThanOrEqualTo(FrameEncoder.LONGEST_HEADER);
    assertThat(in.remaining()).isEqualTo(5);
    assertThat(in.get(in.position())).isEqualTo((byte) 'h');
    ByteBuffer lent = input.lend(2);
    assertThat(lent.remaining()).isEqualTo(2);
    lent.position(lent.limit());
    input.takeBack();
    assertThat(in.remaining()).isEqualTo(3);
    in.position(in.limit());
    assertThat(input.fill()).isFalse(); // It read less than there was room for.
    assertThat(input.bytes()).isNull();
  }

  @Test
  void aForsakenBufferServesNobodyAnyMore() throws Exception {
    JettyInput input = new JettyInput(endPoint("hello"));
    assertThat(input.fill()).isTrue();
    ByteBuffer lent = input.lend(2);
    input.forsake();
    ByteBuffer rest = input.bytes();
    assertThat(rest).isNotNull().isNotSameAs(lent);
    assertThat(rest.remaining()).isEqualTo(3);
    assertThat(rest.get(rest.position())).isEqualTo((byte) 'l');
    rest.position(rest.limit());
    assertThat(input.fill()).isFalse();
    ByteBuffer next = PieceBuffers.take();
    assertThat(next).isNotSameAs(lent);
    PieceBuffers.give(next);
  }
}
