/**
 * WebSocket endpoints worth putting behind a proxy, each with a plain page: a chat, a dashboard, a
 * stream, an echo, and what the backend saw of a handshake. An endpoint translates between a
 * session and a class of its own that knows nothing of WebSocket; an {@link
 * org.culvert.samples.Outbox outbox} is what one session has yet to be sent, and is the only way to
 * send from a thread that is not the session's own.
 *
 * <p>Nothing here is secret and nobody is logged in, so no endpoint looks at {@code Origin}. One
 * that trusts a cookie must: override {@code checkOrigin} in its configurator.
 */
@NullMarked
package org.culvert.samples;

import org.jspecify.annotations.NullMarked;
