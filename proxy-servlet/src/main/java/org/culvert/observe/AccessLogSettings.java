package org.culvert.observe;

import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * One {@code access_log}.
 *
 * @param path the file; "culvert" prefixed loggers are not files: in a WAR without a file the line
 *     goes to the SLF4J logger {@code org.culvert.access}
 * @param format the line
 * @param condition {@code if=}: not logged when "0" or empty; null always
 */
public record AccessLogSettings(String path, Template format, @Nullable Template condition) {}
