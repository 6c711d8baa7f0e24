/**
 * {@code $names} and what they are worth in one request. A <em>variable</em> is looked up once,
 * when the configuration is read; a <em>template</em> is a compiled string with variables in it; a
 * <em>scope</em> holds what they read while one request lasts. Other packages contribute variables
 * through {@link org.culvert.variable.VariableTable} and facets through {@link
 * org.culvert.variable.Scope#put}.
 */
@NullMarked
package org.culvert.variable;

import org.jspecify.annotations.NullMarked;
