package org.culvert.upgrade;

/**
 * How a relay ended, for the log.
 *
 * @param toBackend bytes of messages that went from the client to the backend
 * @param toClient bytes of messages that went from the backend to the client
 * @param cause who closed with which code, or what broke, in words
 */
public record RelayEnd(long toBackend, long toClient, String cause) {}
