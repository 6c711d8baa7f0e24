/**
 * Codings of content: when a body is sent compressed, and the coders that change its bytes as they
 * pass. A coder takes a piece and gives what comes of it, bounded by the buffer it is given; the
 * rules are those of nginx's gzip, gunzip and gzip_static modules.
 */
@NullMarked
package org.culvert.encoding;

import org.jspecify.annotations.NullMarked;
