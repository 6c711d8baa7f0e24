package org.culvert.it.origin;

import java.nio.charset.StandardCharsets;
import org.culvert.it.wire.Head;

/**
 * A request as the origin saw it.
 *
 * @param head its head, byte for byte
 * @param body its body, empty where the behaviour did not read it
 * @param connection the number of the connection that it came on
 */
public record Seen(Head head, byte[] body, int connection) {
  /** The body as text. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }
}
