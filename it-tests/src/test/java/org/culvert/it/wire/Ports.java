package org.culvert.it.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Random;

/**
 * Loopback ports that must be known before somebody listens there, or where nobody is to listen.
 * Below those that a system gives out by itself (from 32768 on Linux): else a connection of some
 * test could get the number in between, or one to it be connected to itself.
 */
public final class Ports {
  private static final int FIRST = 12_000;
  private static final int BEYOND = 32_000;
  private static final Random RANDOM = new Random();

  private Ports() {}

  /** A port that is free now. */
  public static int free() {
    while (true) {
      int port = RANDOM.nextInt(FIRST, BEYOND);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // Somebody's; the next.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
