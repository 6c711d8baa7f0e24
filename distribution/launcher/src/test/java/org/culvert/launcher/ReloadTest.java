package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A reload that changes what is spoken at an address: its socket stays open all the time. */
@Timeout(60)
class ReloadTest extends RunningMaster {
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  @TempDir Path folder;
  private int port;

  @BeforeEach
  void port() throws Exception {
    port = MasterTest.freePort();
  }

  private void configure(String speech, String answer) throws IOException {
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        events {}
        http {
          access_log off;
          server {
            listen 127.0.0.1:%d %s
            ssl_certificate %s;
            ssl_certificate_key %s;
            return 200 %s;
          }
        }
        """
            .formatted(port, speech, PemTest.file("one.pem"), PemTest.file("one.key"), answer));
  }

  private Master start() throws Exception {
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    return run(command);
  }

  /** The answer; nothing from who speaks otherwise, or has just ceased to speak so. */
  private String plain() throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return exchange(socket);
    } catch (ConnectException refused) {
      throw refused;
    } catch (SocketException notYet) {
      return "";
    }
  }

  private String tls() throws Exception {
    try (Socket socket = MasterTest.trusting().getSocketFactory().createSocket("127.0.0.1", port)) {
      return exchange(socket);
    } catch (ConnectException refused) {
      throw refused;
    } catch (SSLException | SocketException notYet) {
      return "";
    }
  }

  private static String exchange(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void refusesNobodyWhileTlsAndHttp2ComeAndGo() throws Exception {
    configure(";", "plain0");
    Master started = start();
    AtomicInteger connected = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    Thread connecting =
        new Thread(
            () -> {
              while (!enough.get()) {
                try (Socket socket = new Socket("127.0.0.1", port)) {
                  connected.incrementAndGet();
                } catch (ConnectException e) {
                  refused.incrementAndGet();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              }
            });
    connecting.start();
    try {
      for (int i = 1; i <= 5; i++) {
        String answer = "secure" + i;
        configure(i % 2 == 0 ? "ssl; http2 on;" : "ssl;", answer);
        started.tell(Signals.RELOAD);
        Await.until(() -> tls().endsWith(answer));

        String next = "plain" + i;
        configure(i % 2 == 0 ? "; http2 on;" : ";", next);
        started.tell(Signals.RELOAD);
        Await.until(() -> plain().endsWith(next));
      }
    } finally {
      enough.set(true);
      connecting.join();
    }
    assertThat(connected).hasValueGreaterThan(20);
    assertThat(refused).hasValue(0);
  }

  @Test
  void answersTheFirstRequestOfAConnectionFromBefore() throws Exception {
    configure(";", "before");
    Master started = start();
    try (Socket early = new Socket("127.0.0.1", port)) {
      // Accepted for sure: clients are accepted in their order.
      assertThat(plain()).endsWith("before");
      configure("ssl;", "after");

      started.tell(Signals.RELOAD);
      Await.until(() -> tls().endsWith("after"));

      assertThat(exchange(early)).startsWith("HTTP/1.1 200").endsWith("after");
    }
  }

  @Test
  void keepsSpeakingAsBeforeWhenTheNewConfigurationCannotWork() throws Exception {
    configure(";", "before");
    Master started = start();
    configure("ssl;", "after");
    Path file = folder.resolve("culvert.conf");
    Files.writeString(
        file, Files.readString(file).replace("access_log off", "access_log /no/such/folder/a.log"));

    started.tell(Signals.RELOAD);
    started.tell(Signals.STOP);
    if (running != null) {
      running.join();
    }

    assertThat(plain()).endsWith("before");
  }
}
