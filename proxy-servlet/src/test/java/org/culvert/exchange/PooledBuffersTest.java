package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A buffer is in one pair of hands, whoever gives one back how often. */
final class PooledBuffersTest {
  @Test
  void aBufferThatWasGivenBackTooOftenIsLentOnce() {
    PooledBuffers buffers = new PooledBuffers(10);
    PooledBuffers.Lent first = buffers.take();
    ByteBuffer bytes = first.bytes();
    first.release();
    first.release();
    PooledBuffers.Lent second = buffers.take();
    assertThat(second.bytes()).isSameAs(bytes);
    first.release();
    first.drop();
    Set<ByteBuffer> all = Collections.newSetFromMap(new IdentityHashMap<>());
    all.add(second.bytes());
    for (int i = 2; i <= 20; i++) {
      all.add(buffers.take().bytes());
      assertThat(all).hasSize(i);
    }
    assertThat(buffers.lent()).isEqualTo(20);
  }

  @Test
  void theLastHolderGivesItBack() {
    PooledBuffers buffers = new PooledBuffers(10);
    PooledBuffers.Lent lent = buffers.take();
    lent.hold();
    assertThat(lent.isShared()).isTrue();
    lent.release();
    assertThat(lent.isShared()).isFalse();
    assertThat(buffers.take().bytes()).isNotSameAs(lent.bytes());
    lent.release();
    assertThat(buffers.take().bytes()).isSameAs(lent.bytes());
  }

  @Test
  void oneThatIsDroppedIsNobodysAndThePoolHasALimit() {
    PooledBuffers buffers = new PooledBuffers(1);
    PooledBuffers.Lent dropped = buffers.take();
    dropped.drop();
    dropped.release();
    assertThat(buffers.lent()).isZero();
    PooledBuffers.Lent first = buffers.take();
    PooledBuffers.Lent second = buffers.take();
    assertThat(first.bytes()).isNotSameAs(dropped.bytes());
    first.release();
    second.release();
    assertThat(buffers.take().bytes()).isSameAs(first.bytes());
    assertThat(buffers.take().bytes()).isNotSameAs(second.bytes());
  }
}
