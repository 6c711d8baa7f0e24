package org.culvert.launcher;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.culvert.launcher.ErrorLog.Level;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/**
 * A logger of SLF4J that writes to the {@link ErrorLog}. A failure is named in the line; its stack
 * trace follows for errors, and for graver or lesser ones where the log is at debug level.
 */
final class ErrorLogLogger extends LegacyAbstractLogger {
  private static final long serialVersionUID = 1L;

  /** Jetty asks hundreds of times for a request whether it is to say what it does. */
  private final boolean isJettys;

  /** A logger of that name. */
  ErrorLogLogger(String name) {
    this.name = name;
    this.isJettys = name.startsWith("org.eclipse.jetty");
  }

  @Override
  public boolean isTraceEnabled() {
    return isDebugEnabled();
  }

  /** Jetty's advice about TLS settings, which here are the configuration's own. */
  private boolean isAdvice() {
    return name.equals("org.eclipse.jetty.util.ssl.SslContextFactory.config");
  }

  /** Debug is Culvert's own: that of the server below would drown it. */
  @Override
  public boolean isDebugEnabled() {
    return !isJettys && ErrorLog.process().takes(Level.DEBUG);
  }

  @Override
  public boolean isInfoEnabled() {
    return ErrorLog.process().takes(Level.INFO);
  }

  /** A marker may say which of nginx's levels it is. */
  @Override
  public boolean isInfoEnabled(@Nullable Marker marker) {
    return ErrorLog.process().takes(level(marker, Level.INFO));
  }

  private static Level level(@Nullable Marker marker, Level otherwise) {
    return marker == null ? otherwise : Level.of(marker.getName());
  }

  @Override
  public boolean isWarnEnabled() {
    return ErrorLog.process().takes(Level.WARN) && !isAdvice();
  }

  @Override
  public boolean isErrorEnabled() {
    return ErrorLog.process().takes(Level.ERROR);
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  protected void handleNormalizedLoggingCall(
      org.slf4j.event.Level level,
      @Nullable Marker marker,
      String pattern,
      Object @Nullable [] arguments,
      @Nullable Throwable failure) {
    Level severity =
        level(
            marker,
            switch (level) {
              case ERROR -> Level.ERROR;
              case WARN -> Level.WARN;
              case INFO -> Level.INFO;
              case DEBUG, TRACE -> Level.DEBUG;
            });
    String message = MessageFormatter.basicArrayFormat(pattern, arguments);
    if (failure != null) {
      message +=
          severity == Level.ERROR || ErrorLog.process().takes(Level.DEBUG)
              ? System.lineSeparator() + stackTrace(failure)
              : ": " + failure;
    }
    ErrorLog.process().write(severity, message);
  }

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString().stripTrailing();
  }
}
