package org.culvert.observe;

import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * One {@code access_log}.
 *
 * @param path the file, absolute; or {@link AccessLog#LOGGER} where lines go to that SLF4J logger,
 *     in a WAR that names no file
 * @param format the line, compiled with a {@link LogEscaping}
 * @param condition {@code if=}: not logged when "0" or empty; null always
 */
public record AccessLogSettings(String path, Template format, @Nullable Template condition) {}
