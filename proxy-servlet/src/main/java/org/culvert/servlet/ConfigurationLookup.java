package org.culvert.servlet;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import org.culvert.conf.FileSource;
import org.culvert.conf.Source;
import org.culvert.conf.TextSource;
import org.jspecify.annotations.Nullable;

/**
 * Where a web application's configuration is. The first of these that names one:
 *
 * <ol>
 *   <li>the context parameter {@code culvert.conf}
 *   <li>the JNDI env-entry {@code java:comp/env/culvert.conf}
 *   <li>the system property {@code culvert.conf}
 *   <li>the environment variable {@code CULVERT_CONF}
 *   <li>for the distribution's WAR, {@code conf/culvert.conf} under {@code catalina.base} and
 *       {@code etc/culvert.conf} under {@code jetty.base}, where the file is there
 *   <li>{@code WEB-INF/culvert.conf}
 * </ol>
 *
 * The first four give a file's path, relative to the process's folder, or, when that file is not
 * there and the path starts with {@code /WEB-INF/}, a resource of the application.
 */
final class ConfigurationLookup {
  private static final String KEY = "culvert.conf";
  private static final String RESOURCE = "/WEB-INF/culvert.conf";

  /**
   * A configuration.
   *
   * @param source its text
   * @param prefix the folder that relative paths of directives start from
   */
  record Found(Source source, String prefix) {}

  private ConfigurationLookup() {}

  /**
   * Looks for the configuration.
   *
   * @param standalone whether the application is nothing but the proxy: then the container's own
   *     folder of configuration is looked into
   * @return null where nothing names one
   */
  static @Nullable Found find(ServletContext context, boolean standalone) {
    String named = setting(context, KEY, "CULVERT_CONF");
    if (named != null) {
      return open(context, named);
    }
    if (standalone) {
      for (String place : new String[] {"catalina.base:conf", "jetty.base:etc"}) {
        String base = System.getProperty(place.substring(0, place.indexOf(':')));
        String folder = place.substring(place.indexOf(':') + 1);
        if (base != null && Files.isRegularFile(Path.of(base, folder, "culvert.conf"))) {
          return file(Path.of(base, folder, "culvert.conf"));
        }
      }
    }
    return resource(context, RESOURCE);
  }

  /** For an error: the places, in words. */
  static String whereToPutIt() {
    return "no configuration: put one into WEB-INF/culvert.conf, into conf/culvert.conf under"
        + " catalina.base or etc/culvert.conf under jetty.base, or name its path in the context"
        + " parameter, JNDI env-entry or system property culvert.conf, or in the environment variable"
        + " CULVERT_CONF";
  }

  /**
   * A setting of Culvert's: the context parameter, the JNDI env-entry, or the system property of
   * that name, else the environment's variable; null where there is none.
   */
  static @Nullable String setting(ServletContext context, String key, String variable) {
    String value = context.getInitParameter(key);
    if (value == null) {
      value = environmentEntry(key);
    }
    if (value == null) {
      value = System.getProperty(key);
    }
    return value == null ? System.getenv(variable) : value;
  }

  // The names are constants in the application's own naming context, no input: nothing is injected.
  @SuppressWarnings("BanJNDI")
  private static @Nullable String environmentEntry(String key) {
    try {
      Object entry = InitialContext.doLookup("java:comp/env/" + key);
      return entry instanceof String || entry instanceof Number ? entry.toString() : null;
    } catch (NamingException noEntry) {
      return null;
    }
  }

  private static Found open(ServletContext context, String named) {
    if (named.startsWith("/WEB-INF/") && !Files.exists(Path.of(named))) {
      Found resource = resource(context, named);
      if (resource != null) {
        return resource;
      }
    }
    return file(Path.of(named));
  }

  /** A missing file is reported with its name when it is read, as nginx reports it. */
  private static Found file(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    return new Found(new FileSource(absolute), folder == null ? "/" : folder.toString());
  }

  private static @Nullable Found resource(ServletContext context, String name) {
    String realPath = context.getRealPath(name);
    if (realPath != null && Files.isRegularFile(Path.of(realPath))) {
      return file(Path.of(realPath));
    }
    try (InputStream in = context.getResourceAsStream(name)) {
      if (in == null) {
        return null;
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new Found(new TextSource(name, text), ".");
    } catch (IOException unreadable) {
      throw new UncheckedIOException(name + " cannot be read", unreadable);
    }
  }
}
