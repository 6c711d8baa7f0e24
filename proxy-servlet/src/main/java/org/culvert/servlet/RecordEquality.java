package org.culvert.servlet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the JDK forget the last record whose {@code equals} it put together. Up to Java 18 a static
 * method handle of {@link ObjectMethods} keeps, strongly, the last type that it was adapted to
 * (JDK-8078641), and through a record of this application its class loader, after it is undeployed.
 */
final class RecordEquality {
  private static final Logger log = LoggerFactory.getLogger(RecordEquality.class);

  private RecordEquality() {}

  /** Puts a type of the JDK's own in that place; the last thing an application does. */
  static void forget() {
    try {
      ObjectMethods.bootstrap(
          MethodHandles.lookup(),
          "equals",
          MethodType.methodType(boolean.class, String.class, Object.class),
          String.class,
          "");
    } catch (Throwable e) {
      log.debug("the JDK may keep this application's class loader", e);
    }
  }
}
