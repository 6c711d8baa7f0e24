package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code daemon}: whether the front stays, or leaves a server in the background. */
@Timeout(90)
class DaemonIT extends FrontProcesses {
  private ProcessHandle inBackground() throws Exception {
    long pid = Long.parseLong(Files.readString(prefix.resolve("logs/culvert.pid")).trim());
    return ProcessHandle.of(pid).orElseThrow();
  }

  private void write(String before, String body) throws Exception {
    Files.writeString(
        prefix.resolve("conf/nginx.conf"),
        before
            + "\nevents {} http { access_log off; server { listen 127.0.0.1:"
            + port
            + "; return 200 "
            + body
            + "; } }\n");
  }

  @Test
  void leavesItsServerInTheBackground() throws Exception {
    write("", "ok");

    assertThat(run("-p", prefix.toString())).isEqualTo(new Result(0, "", ""));

    ProcessHandle front = inBackground();
    assertThat(get("/")).endsWith("ok");
    assertThat(errorLog()).as("where stderr is nobody's").doesNotContain("[emerg]");
    assertThat(run("-p", prefix.toString(), "-s", "quit").status()).isZero();
    front.onExit().get(20, TimeUnit.SECONDS);
    assertThat(prefix.resolve("logs/culvert.pid")).doesNotExist();
  }

  @Test
  void saysWhyItDoesNotStart() throws Exception {
    write("worker_connections 1;", "ok");

    Result result = run("-p", prefix.toString());

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.err())
        .contains("nginx: [emerg] \"worker_connections\" directive is not allowed here in ");
  }

  /** What the front does not find at a glance is found when the configuration is read. */
  @Test
  void staysWhereAnIncludedFileSaysSo() throws Exception {
    Files.writeString(prefix.resolve("conf/process.conf"), "daemon off;\n");
    write("include process.conf;", "ok");

    Process front = serve();

    assertThat(get("/")).endsWith("ok");
    assertThat(inBackground().pid()).isEqualTo(front.pid());
    signal("TERM", front.pid());
    assertThat(front.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void goesWhereOnlyAStringSaysThatItStays() throws Exception {
    write("", "'daemon off;'");

    assertThat(run("-p", prefix.toString()).status()).isZero();

    ProcessHandle front = inBackground();
    assertThat(get("/")).endsWith("daemon off;");
    assertThat(run("-p", prefix.toString(), "-s", "stop").status()).isZero();
    front.onExit().get(20, TimeUnit.SECONDS);
  }

  @Test
  void readsTheCommandLineToo() throws Exception {
    write("", "ok");

    Process front =
        new ProcessBuilder(
                "/bin/sh", FRONT.toString(), "-p" + prefix, "-g", "daemon off; pid own.pid;")
            .inheritIO()
            .start();
    started.add(front);
    Path pid = prefix.resolve("own.pid");
    Await.until(() -> Files.exists(pid));

    assertThat(Files.readString(pid)).as("whole when it is there").isEqualTo(front.pid() + "\n");
    assertThat(get("/")).endsWith("ok");
    for (String tolerated : List.of("WINCH", "USR2")) {
      signal(tolerated, front.pid());
      assertThat(front.waitFor(300, TimeUnit.MILLISECONDS)).as(tolerated).isFalse();
    }
    assertThat(get("/")).endsWith("ok");
    signal("QUIT", front.pid());
    assertThat(front.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(front.exitValue()).isZero();
  }
}
