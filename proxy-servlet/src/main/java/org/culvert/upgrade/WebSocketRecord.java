package org.culvert.upgrade;

/**
 * What became of a request's WebSocket, for the log's variables. A facet of the scope, there when
 * it has ended.
 *
 * @param end how it ended
 * @param millis how long it was open
 */
public record WebSocketRecord(RelayEnd end, long millis) {}
