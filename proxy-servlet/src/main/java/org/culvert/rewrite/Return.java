package org.culvert.rewrite;

import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * {@code return}.
 *
 * @param status the code; 444 closes the connection without an answer
 * @param text the URL of a redirect (301, 302, 303, 307, 308) or the body's text; null for none
 */
public record Return(int status, @Nullable Template text) implements RewriteStep {}
