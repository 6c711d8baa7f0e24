package org.culvert.location;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which server answers: first by address and port, then by name, in nginx's order: exact name,
 * longest wildcard at the start ({@code *.a.b}), longest wildcard at the end ({@code a.b.*}), first
 * regex, default server (nginx, "server_names"). Immutable, thread-safe.
 */
public final class VirtualServers<T> {
  /** A {@code server_name}: literal, wildcard, or a regex where the pattern is given. */
  public record Name(String text, @Nullable Pattern regex) {}

  /** Collects servers in the order of the file. */
  public static final class Builder<T> {
    /**
     * One listen of one server.
     *
     * @param host the literal address, or null for any
     * @param isDefault {@code default_server}
     */
    public Builder<T> add(
        @Nullable String host, int port, boolean isDefault, List<Name> names, T server) {
      throw new UnsupportedOperationException("not yet");
    }

    /**
     * The servers.
     *
     * @param anyPort whether a request to a port that nobody listens on may go to any server: so in
     *     a WAR, where the container owns the sockets
     */
    public VirtualServers<T> build(boolean anyPort) {
      throw new UnsupportedOperationException("not yet");
    }
  }

  private VirtualServers() {}

  /** Starts a table. */
  public static <T> Builder<T> builder() {
    return new Builder<>();
  }

  /**
   * The server for a request.
   *
   * @param host in lower case, without port and trailing dot; "" where there is none
   */
  public LocationMatch<T> find(String localAddress, int localPort, String host) {
    throw new UnsupportedOperationException("not yet");
  }
}
