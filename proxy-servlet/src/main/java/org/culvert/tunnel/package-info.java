/**
 * Bytes between two sockets after a 101: both are registered with one selector of a few threads of
 * Culvert's own, and what is read from one is written to the other at once. A <em>tunnel</em> is
 * two <em>sides</em> and the rules of their ending; a <em>rest</em> is what a side's socket did not
 * take; a <em>meter</em> follows WebSocket frames as they pass. Knows sockets and nothing of HTTP
 * or of containers. Source: nginx's {@code ngx_http_upstream_process_upgraded}, RFC 6455 section
 * 5.2.
 */
@NullMarked
package org.culvert.tunnel;

import org.jspecify.annotations.NullMarked;
