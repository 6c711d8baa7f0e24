package org.culvert.launcher;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.directive.Configuration;
import org.culvert.launcher.CommandLine.UsageException;
import org.culvert.observe.Errno;

/**
 * Culvert's program. {@code culvert.jar} starts here, usually run by the front, with nginx's
 * command line.
 */
public final class Launcher {
  // nginx says everything on stderr, except what -T dumps.
  private static final PrintStream err = System.err;

  /** The exit code that tells the front to start the JVM again, the other way. */
  private static final int OTHER_GROUND = 120;

  /** What the front waits for when it leaves its server in the background. */
  private static final String READY = "culvert: ready";

  private Launcher() {}

  /**
   * Runs until told to stop.
   *
   * @param arguments nginx's
   */
  public static void main(String[] arguments) throws InterruptedException {
    int status;
    try {
      Command command = new Command(CommandLine.parse(arguments));
      command.beginErrorLog();
      if (command.line().test()) {
        status = test(command);
      } else if (command.line().signal() != null) {
        status = signal(command, Signals.named(command.line().signal()));
      } else {
        status = serve(command);
      }
    } catch (UsageException e) {
      err.println("nginx: " + e.getMessage());
      status = 1;
    } catch (LaunchException e) {
      ErrorLog.process().refuse(e.text());
      status = 1;
    } catch (ConfigurationException e) {
      ErrorLog.process().refuse(e.located());
      status = 1;
    }
    err.flush();
    // Not exit(): whatever thread still hangs somewhere is not waited for.
    Runtime.getRuntime().halt(status);
  }

  private static int test(Command command) {
    Configuration configuration;
    boolean quiet = command.line().quiet();
    String file = command.file().toString();
    try {
      configuration = command.read();
      Master.certificates(configuration);
      if (!quiet) {
        err.println("nginx: the configuration file " + file + " syntax is ok");
      }
      Rehearsal.all(command, configuration);
    } catch (ConfigurationException e) {
      return failed(e.located(), file);
    } catch (LaunchException e) {
      return failed(e.text(), file);
    }
    if (!quiet) {
      err.println("nginx: configuration file " + file + " test is successful");
    }
    if (command.line().dump()) {
      dump(configuration.files());
    }
    return 0;
  }

  private static int failed(String message, String file) {
    ErrorLog.process().refuse(message);
    err.println("nginx: configuration file " + file + " test failed");
    return 1;
  }

  private static void dump(Map<String, String> texts) {
    // One char is one byte of the file: see Configuration.files.
    PrintStream out =
        new PrintStream(
            new FileOutputStream(FileDescriptor.out), false, StandardCharsets.ISO_8859_1);
    texts.forEach((name, text) -> out.print("# configuration file " + name + ":\n" + text + "\n"));
    out.flush();
  }

  private static int signal(Command command, Signals signal) throws ConfigurationException {
    PidFile pidFile = new PidFile(command.pidPath(command.read()));
    try {
      String pid = pidFile.read();
      Process kill =
          new ProcessBuilder("kill", "-s", signal.signal(), pid).redirectErrorStream(true).start();
      String words = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (kill.waitFor() != 0) {
        err.println("nginx: [alert] kill(" + pid + ") failed (" + words.trim() + ")");
        return 1;
      }
      return 0;
    } catch (LaunchException e) {
      err.println("nginx: [error] " + e.text());
    } catch (IOException e) {
      err.println("nginx: [error] no kill on this system: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  /** The front guessed whether to stay in the foreground before the configuration was read. */
  private static boolean isOtherwise(Configuration configuration) {
    return System.getProperty("culvert.daemon") != null
        && Command.inBackground() != configuration.process().daemon();
  }

  private static int serve(Command command)
      throws ConfigurationException, LaunchException, InterruptedException {
    command.makeLogs();
    Configuration configuration = command.read();
    if (isOtherwise(configuration)) {
      return OTHER_GROUND;
    }
    command.openErrorLog(configuration);
    Rehearsal.accessLogs(configuration);
    Master master = new Master(command, configuration);
    Signals.handle(master::tell);
    master.start();
    PidFile pid = new PidFile(master.pidPath());
    pid.write();
    if (Command.inBackground()) {
      err.println(READY);
    }
    ClassArchive.refresh();
    try {
      master.run();
      master.close();
    } finally {
      remove(pid);
    }
    return 0;
  }

  private static void remove(PidFile pid) {
    try {
      pid.remove();
    } catch (IOException e) {
      ErrorLog.process()
          .write(ErrorLog.Level.ALERT, "unlink() \"" + pid.path() + "\" failed " + Errno.of(e));
    }
  }
}
