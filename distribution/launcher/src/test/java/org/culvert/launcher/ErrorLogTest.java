package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.culvert.launcher.ErrorLog.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ErrorLogTest {
  @TempDir Path folder;

  @AfterEach
  void backToStderr() throws Exception {
    ErrorLog.process().open(null, Level.ERROR);
  }

  @Test
  void writesNginxsFormat() throws Exception {
    Path file = folder.resolve("error.log");
    ErrorLog.process().open(file, Level.WARN);

    LoggerFactory.getLogger("org.culvert.test").warn("a {} happened", "thing");
    LoggerFactory.getLogger("org.culvert.test").info("not written");

    // The log is the process's: a listener that another test has left may write into it, too.
    assertThat(Files.readString(file)).doesNotContain("not written");
    assertThat(Files.readAllLines(file).stream().filter(line -> line.contains("happened")))
        .singleElement(InstanceOfAssertFactories.STRING)
        .matches(
            "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d \\[warn\\] "
                + ProcessHandle.current().pid()
                + "#\\d+: a thing happened");
  }

  @Test
  void namesAFailureInTheLineAndTracesItForErrors() throws Exception {
    Path file = folder.resolve("error.log");
    ErrorLog.process().open(file, Level.WARN);

    LoggerFactory.getLogger("org.culvert.test").warn("small", new IllegalStateException("why"));
    LoggerFactory.getLogger("org.culvert.test").error("great", new IllegalStateException("why"));

    String text = Files.readString(file);
    assertThat(text).contains("small: java.lang.IllegalStateException: why");
    assertThat(text.indexOf("\tat ")).isGreaterThan(text.indexOf("great"));
  }

  @Test
  void goesOnInANewFileAfterReopening() throws Exception {
    Path file = folder.resolve("error.log");
    ErrorLog.process().open(file, Level.ERROR);
    ErrorLog.process().write(Level.ERROR, "before");
    Files.move(file, folder.resolve("error.log.1"));

    ErrorLog.process().reopen();
    ErrorLog.process().write(Level.ERROR, "after");

    assertThat(Files.readString(folder.resolve("error.log.1"))).contains("before");
    assertThat(Files.readString(file)).contains("after").doesNotContain("before");
  }
}
