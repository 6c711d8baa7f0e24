package org.culvert.content;

import java.util.List;
import org.culvert.variable.Template;

/**
 * {@code root} or {@code alias}, and {@code index}.
 *
 * @param path the folder
 * @param alias whether {@code path} replaces {@code prefix} instead of being put before the URI
 * @param prefix the location's prefix, for alias
 * @param index names tried, in order, for a URI that ends with "/"
 */
public record StaticSettings(Template path, boolean alias, String prefix, List<Template> index) {}
