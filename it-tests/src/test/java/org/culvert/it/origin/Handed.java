package org.culvert.it.origin;

import java.io.IOException;
import org.culvert.it.wire.Head;
import org.culvert.it.wire.Wire;

/**
 * A connection that the origin handed to the test, which ends it.
 *
 * @param head the request's head
 * @param wire the connection, to be read from the body on
 */
public record Handed(Head head, Wire wire) implements AutoCloseable {
  @Override
  public void close() throws IOException {
    wire.close();
  }
}
