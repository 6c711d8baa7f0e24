package org.culvert.upgrade;

/**
 * How a WebSocket through the proxy ended, for the log.
 *
 * @param toBackend bytes of messages that went from the client to the backend
 * @param toClient bytes of messages that went from the backend to the client
 * @param messagesToBackend messages from the client
 * @param messagesToClient messages from the backend
 * @param closeCode the code of the first Close, 1005 where it had none, 0 where there was no Close
 * @param cause who closed with which code, or what broke, in words
 */
public record RelayEnd(
    long toBackend,
    long toClient,
    long messagesToBackend,
    long messagesToClient,
    int closeCode,
    String cause) {

  /** One that ended before a byte passed. */
  public static RelayEnd unopened(String cause) {
    return new RelayEnd(0, 0, 0, 0, 0, cause);
  }
}
