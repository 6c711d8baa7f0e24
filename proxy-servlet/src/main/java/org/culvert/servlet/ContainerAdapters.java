package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the servlet API has no word for is done in each container's own way, in a class named after
 * it, which is loaded by name where the container's classes are there. They have no state.
 */
final class ContainerAdapters {
  /** What was loaded so far: finding a constructor costs more than most of what it does. */
  private static final Map<String, Optional<Object>> LOADED = new ConcurrentHashMap<>();

  private ContainerAdapters() {}

  /** The container's own request, beneath all wrappers. */
  static ServletRequest unwrapped(HttpServletRequest request) {
    ServletRequest inner = request;
    while (inner instanceof ServletRequestWrapper wrapper) {
      inner = wrapper.getRequest();
    }
    return inner;
  }

  /**
   * The way of a request's container.
   *
   * @param containerRequest as {@link #unwrapped} gives it
   * @param name of the class behind the container's: {@code Socket} for {@code TomcatSocket}
   * @return null where the container is not known
   */
  static <T> @Nullable T of(ServletRequest containerRequest, Class<T> type, String name) {
    String container = containerRequest.getClass().getName();
    if (container.startsWith("org.apache.catalina.")) {
      return load(type, "Tomcat" + name);
    }
    return container.startsWith("org.eclipse.jetty.") ? load(type, "Jetty" + name) : null;
  }

  private static <T> @Nullable T load(Class<T> type, String name) {
    Optional<Object> loaded = LOADED.get(name);
    if (loaded == null) {
      loaded = Optional.ofNullable(create(name));
      LOADED.put(name, loaded);
    }
    return loaded.map(type::cast).orElse(null);
  }

  private static @Nullable Object create(String name) {
    try {
      return Class.forName(ContainerAdapters.class.getPackageName() + "." + name)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      return null;
    }
  }
}
