package org.culvert.tunnel;

/**
 * How a tunnel ended.
 *
 * @param toBackend bytes that the client sent
 * @param toClient bytes that the backend sent
 * @param cause who closed, or what broke, in words
 */
public record TunnelEnd(long toBackend, long toClient, String cause) {}
