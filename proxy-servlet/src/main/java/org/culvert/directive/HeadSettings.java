package org.culvert.directive;

/**
 * What a client's head may be: nginx's limits and leniencies of a server.
 *
 * @param mergeSlashes {@code merge_slashes}
 * @param ignoreInvalid {@code ignore_invalid_headers}: a field whose name is unusual is dropped
 * @param underscores {@code underscores_in_headers}: one with an underscore is usual
 * @param maxFields {@code max_headers}
 * @param bufferSize {@code client_header_buffer_size}, bytes
 * @param largeBuffers {@code large_client_header_buffers}: how many
 * @param largeBufferSize and how long each, bytes
 */
public record HeadSettings(
    boolean mergeSlashes,
    boolean ignoreInvalid,
    boolean underscores,
    int maxFields,
    int bufferSize,
    int largeBuffers,
    int largeBufferSize) {
  /** nginx's defaults. */
  public static final HeadSettings DEFAULT =
      new HeadSettings(true, true, false, 1000, 1024, 4, 8192);
}
