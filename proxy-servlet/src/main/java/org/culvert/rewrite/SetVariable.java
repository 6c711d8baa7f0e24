package org.culvert.rewrite;

import org.culvert.variable.Template;

/**
 * {@code set}.
 *
 * @param slot the variable's slot in the scope
 * @param value what it becomes
 */
public record SetVariable(int slot, Template value) implements RewriteStep {}
