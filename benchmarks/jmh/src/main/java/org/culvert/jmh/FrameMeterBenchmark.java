package org.culvert.jmh;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.culvert.tunnel.FrameMeter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The frame meter on what one read of the tunnel gives. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameMeterBenchmark {
  private static final int READ = 65536;

  /**
   * "one": a read has one client's frame of that payload. "full": it has as many as 64 KiB hold.
   */
  @Param({"one", "full"})
  public String read = "";

  /** Bytes of a frame's payload. */
  @Param({"16", "128", "16384"})
  public int payload;

  private final FrameMeter meter = new FrameMeter(true, FrameMeter.ReservedBits.NONE);
  private final ByteBuffer bytes = ByteBuffer.allocateDirect(READ);

  /** Fills the buffer with whole masked frames. */
  @Setup
  public void fill() {
    int header = payload < 126 ? 6 : 8;
    int frames = read.equals("one") ? 1 : READ / (header + payload);
    for (int i = 0; i < frames; i++) {
      bytes.put((byte) 0x82);
      if (payload < 126) {
        bytes.put((byte) (0x80 | payload));
      } else {
        bytes.put((byte) (0x80 | 126)).putShort((short) payload);
      }
      bytes.putInt(0x01020304);
      bytes.position(bytes.position() + payload);
    }
    bytes.flip();
  }

  /** For a read. */
  @Benchmark
  public long follow() {
    meter.follow(bytes);
    return meter.messages();
  }
}
