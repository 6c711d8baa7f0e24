/**
 * The WebSocket handshake, dialled first and answered after, and the relay that then carries the
 * messages. An <em>offer</em> is a client's request to upgrade; a <em>hop</em> is one of the two
 * WebSocket connections of a relay, client to proxy and proxy to server; a <em>piece</em> is a part
 * of a message as it arrived; a <em>pump</em> moves pieces in one direction. Source: RFC 6455, RFC
 * 8441.
 */
@NullMarked
package org.culvert.upgrade;

import org.jspecify.annotations.NullMarked;
