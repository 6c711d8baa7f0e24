package org.culvert.tunnel;

/**
 * How a tunnel ended.
 *
 * @param toBackend bytes that the client sent
 * @param toClient bytes that the backend sent
 * @param closeCode the code of the first Close, 0 where none passed or nothing was metered
 * @param cause who closed, or what broke, in words
 */
public record TunnelEnd(long toBackend, long toClient, int closeCode, String cause) {}
