package org.culvert.launcher;

import org.jspecify.annotations.Nullable;

/**
 * nginx's command line. Options may be joined ({@code -tq}), and a parameter with its option
 * ({@code -p/srv}).
 *
 * @param configuration {@code -c}, or null
 * @param prefix {@code -p}, or null
 * @param errorLog {@code -e}, or null
 * @param globals {@code -g}, or null
 * @param test {@code -t} or {@code -T}
 * @param dump {@code -T}
 * @param quiet {@code -q}
 * @param signal {@code -s}, or null
 */
record CommandLine(
    @Nullable String configuration,
    @Nullable String prefix,
    @Nullable String errorLog,
    @Nullable String globals,
    boolean test,
    boolean dump,
    boolean quiet,
    @Nullable String signal) {

  /** A command line that cannot be understood; the message is nginx's. */
  static final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
      super(message);
    }
  }

  /**
   * Reads the arguments.
   *
   * @throws UsageException for an unknown option, or one without its parameter
   */
  static CommandLine parse(String... arguments) throws UsageException {
    Reading reading = new Reading(arguments);
    while (reading.next < arguments.length) {
      reading.argument(arguments[reading.next++]);
    }
    return new CommandLine(
        reading.configuration,
        reading.prefix,
        reading.errorLog,
        reading.globals,
        reading.test,
        reading.dump,
        reading.quiet,
        reading.signal);
  }

  private static final class Reading {
    private final String[] arguments;
    private int next;
    private @Nullable String configuration;
    private @Nullable String prefix;
    private @Nullable String errorLog;
    private @Nullable String globals;
    private boolean test;
    private boolean dump;
    private boolean quiet;
    private @Nullable String signal;

    Reading(String[] arguments) {
      this.arguments = arguments;
    }

    void argument(String word) throws UsageException {
      if (!word.startsWith("-")) {
        throw new UsageException("invalid option: \"" + word + "\"");
      }
      for (int i = 1; i < word.length(); i++) {
        String rest = word.substring(i + 1);
        switch (word.charAt(i)) {
          case 't' -> test = true;
          case 'T' -> {
            test = true;
            dump = true;
          }
          case 'q' -> quiet = true;
          // The front answers these; here they ask for nothing.
          case 'v', 'V', 'h', '?' -> {}
          default -> {
            withParameter(word.charAt(i), rest);
            return;
          }
        }
      }
    }

    private void withParameter(char option, String rest) throws UsageException {
      switch (option) {
        case 'c' -> configuration = parameter(rest, "option \"-c\" requires file name");
        case 'p' -> prefix = parameter(rest, "option \"-p\" requires directory name");
        case 'e' -> errorLog = parameter(rest, "option \"-e\" requires file name");
        case 'g' -> globals = parameter(rest, "option \"-g\" requires parameter");
        case 's' -> {
          String name = parameter(rest, "option \"-s\" requires parameter");
          switch (name) {
            case "stop", "quit", "reload", "reopen" -> signal = name;
            default -> throw new UsageException("invalid option: \"-s " + name + "\"");
          }
        }
        default -> throw new UsageException("invalid option: \"" + option + "\"");
      }
    }

    private String parameter(String rest, String missing) throws UsageException {
      if (!rest.isEmpty()) {
        return rest;
      }
      if (next == arguments.length || arguments[next].isEmpty()) {
        throw new UsageException(missing);
      }
      return arguments[next++];
    }
  }
}
