/** The WebSocket handshake, dialled first and answered after, and the relay. */
@NullMarked
package org.culvert.upgrade;

import org.jspecify.annotations.NullMarked;
