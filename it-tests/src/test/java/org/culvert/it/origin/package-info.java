/**
 * The scripted backend: a raw-socket HTTP/1.1 and WebSocket server on loopback whose behaviour for
 * a path is a value ({@link org.culvert.it.origin.Behaviour}), failures included, and which records
 * what it saw, byte for byte.
 */
package org.culvert.it.origin;
