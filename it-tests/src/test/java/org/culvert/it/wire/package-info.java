/**
 * Bytes on a socket, as tests see them: {@link org.culvert.it.wire.Wire} is either end of a
 * connection, {@link org.culvert.it.wire.RawClient} and {@link org.culvert.it.wire.RawWebSocket}
 * are clients of the proxy. Nothing here mends, decodes or hides what the other side sent.
 */
package org.culvert.it.wire;
