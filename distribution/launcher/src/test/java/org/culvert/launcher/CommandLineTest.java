package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.culvert.launcher.CommandLine.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {
  @Test
  void readsSeparateOptions() throws UsageException {
    CommandLine line =
        CommandLine.parse("-c", "a.conf", "-p", "/srv", "-e", "stderr", "-g", "pid x;", "-q", "-t");

    assertThat(line)
        .isEqualTo(new CommandLine("a.conf", "/srv", "stderr", "pid x;", true, false, true, null));
  }

  @Test
  void readsJoinedOptionsAndParameters() throws UsageException {
    CommandLine line = CommandLine.parse("-Tqca.conf", "-p/srv", "-squit");

    assertThat(line)
        .isEqualTo(new CommandLine("a.conf", "/srv", null, null, true, true, true, "quit"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-x|invalid option: \"x\"",
        "-tx|invalid option: \"x\"",
        "word|invalid option: \"word\"",
        "-c|option \"-c\" requires file name",
        "-e|option \"-e\" requires file name",
        "-p|option \"-p\" requires directory name",
        "-g|option \"-g\" requires parameter",
        "-s|option \"-s\" requires parameter",
        "-sgo|invalid option: \"-s go\"",
      })
  void refusesInNginxsWords(String argument, String message) {
    assertThatThrownBy(() -> CommandLine.parse(argument))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }
}
