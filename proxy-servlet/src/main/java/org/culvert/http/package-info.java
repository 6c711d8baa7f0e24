/**
 * Values of the protocol: header fields, heads, targets, and the one failure type of the gateway.
 * Nothing here does I/O or knows a directive. Terms: <em>field</em> is one header line, a
 * <em>head</em> is a start line and its fields, a <em>target</em> is what stands between method and
 * version on the request line (RFC 9112, section 3.2).
 */
@NullMarked
package org.culvert.http;

import org.jspecify.annotations.NullMarked;
