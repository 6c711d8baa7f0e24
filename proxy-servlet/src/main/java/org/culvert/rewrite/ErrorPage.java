package org.culvert.rewrite;

import java.util.Set;
import org.culvert.variable.Template;

/**
 * {@code error_page code … [=[response]] uri}.
 *
 * @param codes the statuses it is for
 * @param response the status to answer with: -1 the original one, 0 ("=" alone) what the page
 *     answers
 * @param uri a local URI ("/…"), a named location ("@…"), or an URL to redirect to
 */
public record ErrorPage(Set<Integer> codes, int response, Template uri) {}
