package org.culvert.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A buffer has one user. */
class PieceBuffersTest {
  @Test
  void aBufferIsNobodyElsesUntilItIsGivenBack() {
    List<ByteBuffer> taken = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      ByteBuffer next = PieceBuffers.take();
      assertThat(taken.stream().noneMatch(other -> other == next)).isTrue();
      taken.add(next);
    }
    taken.forEach(PieceBuffers::give);
  }

  @Test
  void keepsNoBufferThatIsNotOfItsKind() {
    ByteBuffer foreign = ByteBuffer.allocate(PieceBuffers.SIZE);
    PieceBuffers.give(foreign);
    ByteBuffer next = PieceBuffers.take();
    assertThat(next).isNotSameAs(foreign);
    assertThat(next.isDirect()).isTrue();
    PieceBuffers.give(next);
  }
}
