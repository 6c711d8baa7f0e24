package org.culvert.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.junit.jupiter.api.Test;

/** Two connections never read into the same buffer, whoever gives one back how often. */
final class JettyBuffersTest {
  private static final int SIZE = 16 * 1024;

  @Test
  void aBufferThatWasGivenBackTooOftenIsNobodyElses() {
    JettyBuffers buffers = new JettyBuffers();
    Set<byte[]> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int connection = 1; connection <= 100; connection++) {
      RetainableByteBuffer buffer = buffers.acquire(SIZE, false);
      arrays.add(buffer.getByteBuffer().array());
      assertThat(arrays).hasSize(connection);
      assertThat(buffer.release()).isTrue();
      assertThat(buffer.release()).isFalse();
    }
  }

  @Test
  void aBufferThatAPieceIsReadFromIsNotFilledAnew() {
    RetainableByteBuffer buffer = new JettyBuffers().acquire(SIZE, false);
    assertThat(buffer.canRetain()).isTrue();
    assertThat(buffer.isRetained()).isFalse();
    buffer.retain();
    assertThat(buffer.isRetained()).isTrue();
    assertThat(buffer.release()).isFalse();
    assertThat(buffer.isRetained()).isFalse();
    assertThat(buffer.release()).isTrue();
  }

  @Test
  void whatGoesOutIsPooled() {
    JettyBuffers buffers = new JettyBuffers();
    RetainableByteBuffer first = buffers.acquire(SIZE, true);
    assertThat(first.isDirect()).isTrue();
    var bytes = first.getByteBuffer();
    first.release();
    RetainableByteBuffer second = buffers.acquire(SIZE, true);
    assertThat(second.getByteBuffer()).isSameAs(bytes);
    second.release();
  }
}
