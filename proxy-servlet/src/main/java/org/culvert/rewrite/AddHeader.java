package org.culvert.rewrite;

import org.culvert.variable.Template;

/**
 * {@code add_header}.
 *
 * @param name the field name
 * @param value the value; the field is left out when it is empty
 * @param always whether for every status, else only 200, 201, 204, 206, 301-304, 307 and 308
 */
public record AddHeader(String name, Template value, boolean always) {}
