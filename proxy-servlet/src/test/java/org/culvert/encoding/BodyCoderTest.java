package org.culvert.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.culvert.encoding.BodyCoder.Then;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BodyCoderTest {
  /** Gives a coder a piece; what comes of it, through a buffer of that size. */
  private static byte[] code(BodyCoder coder, byte[] piece, Then then, int size)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(size);
    coder.take(ByteBuffer.wrap(piece), then);
    boolean more = true;
    while (more) {
      more = coder.give(buffer);
      out.write(buffer.array(), 0, buffer.position());
      buffer.clear();
    }
    return out.toByteArray();
  }

  private static byte[] mixed(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    for (int i = 0; i < length / 2; i++) {
      bytes[i] = (byte) ("abcd".charAt(i % 4));
    }
    return bytes;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 33, 1000, 16384})
  void aCompressedBodyIsTheBodyWhateverTheBuffers(int size) throws IOException {
    byte[] body = mixed(100_000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GzipCoder coder = new GzipCoder(1)) {
      for (int at = 0; at < body.length; at += 7001) {
        byte[] piece = Arrays.copyOfRange(body, at, Math.min(body.length, at + 7001));
        out.write(code(coder, piece, at % 2 == 0 ? Then.MORE : Then.FLUSH, size));
      }
      out.write(code(coder, new byte[0], Then.END, size));
      assertThat(coder.taken()).isEqualTo(body.length);
      assertThat(coder.given()).isEqualTo(out.size());
    }
    assertThat(new GZIPInputStream(new ByteArrayInputStream(out.toByteArray())).readAllBytes())
        .isEqualTo(body);
  }

  @Test
  void whatIsFlushedCanBeReadBeforeThereIsMore() throws IOException {
    try (GzipCoder coder = new GzipCoder(9);
        GunzipCoder back = new GunzipCoder()) {
      for (String event : new String[] {"data: one\n\n", "data: two\n\n", "data: one\n\n"}) {
        byte[] sent = code(coder, event.getBytes(StandardCharsets.US_ASCII), Then.FLUSH, 100);
        assertThat(new String(code(back, sent, Then.FLUSH, 100), StandardCharsets.US_ASCII))
            .isEqualTo(event);
      }
    }
  }

  @Test
  void anEmptyBodyIsAMemberOfItsOwn() throws IOException {
    try (GzipCoder coder = new GzipCoder(1)) {
      byte[] nothing = code(coder, new byte[0], Then.END, 100);
      assertThat(new GZIPInputStream(new ByteArrayInputStream(nothing)).readAllBytes()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 1_000_000})
  void aBodyIsUncompressedWhateverItsPieces(int size) throws IOException {
    byte[] body = mixed(20_000);
    byte[] plain = gzip(body);
    ByteArrayOutputStream named = new ByteArrayOutputStream();
    // Extra field, name, comment and a checksum of the head.
    named.write(plain, 0, 3);
    named.write(2 | 4 | 8 | 16);
    named.write(plain, 4, 6);
    named.write(new byte[] {3, 0, 'x', 'y', 0, 'n', 'a', 0, 'c', 0, 1, 2});
    named.write(plain, 10, plain.length - 10);
    named.write(plain);
    byte[] sent = named.toByteArray();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GunzipCoder coder = new GunzipCoder()) {
      for (int at = 0; at < sent.length; at += size) {
        int end = Math.min(sent.length, at + size);
        out.write(code(coder, Arrays.copyOfRange(sent, at, end), Then.MORE, 50));
      }
      out.write(code(coder, new byte[0], Then.END, 50));
    }
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    twice.write(body);
    twice.write(body);
    assertThat(out.toByteArray()).isEqualTo(twice.toByteArray());
  }

  @Test
  void whatIsNoGzipIsRefused() throws IOException {
    byte[] whole = gzip(mixed(1000));
    byte[] cut = Arrays.copyOf(whole, whole.length - 3);
    byte[] wrong = whole.clone();
    wrong[10] = 7; // A block of a type that there is not.
    for (byte[] sent :
        new byte[][] {cut, wrong, "hello, this is text".getBytes(StandardCharsets.US_ASCII)}) {
      try (GunzipCoder coder = new GunzipCoder()) {
        assertThatThrownBy(() -> code(coder, sent, Then.END, 5000)).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void afterItsEndACoderDoesNothing() throws IOException {
    for (BodyCoder coder : new BodyCoder[] {new GzipCoder(1), new GunzipCoder()}) {
      coder.close();
      coder.close();
      assertThatThrownBy(() -> code(coder, new byte[1], Then.MORE, 100))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("over");
    }
  }
}
