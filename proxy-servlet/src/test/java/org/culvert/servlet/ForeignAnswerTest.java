package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.culvert.exchange.ProxySettings;
import org.culvert.upstream.UpstreamSettings;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Containers use a request's objects again for the next one. What ends late for a client that left
 * must not end another client's answer.
 */
@Timeout(120)
final class ForeignAnswerTest {
  private static final int ROUNDS = 250;

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesEndsNobodyElsesAnswer(TestFront.Kind kind) throws Exception {
    try (var origin =
            new TestOrigin(
                talk -> {
                  for (String head; !(head = talk.head()).isEmpty(); ) {
                    if (head.startsWith("GET /endless")) {
                      talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                      while (true) {
                        talk.send("3e8\r\n" + "x".repeat(1000) + "\r\n");
                        LockSupport.parkNanos(200_000);
                      }
                    }
                    talk.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
                    for (int i = 0; i < 4; i++) {
                      LockSupport.parkNanos(500_000);
                      talk.send(".");
                    }
                  }
                });
        var front = front(kind, origin)) {
      Queue<String> wrong = new ConcurrentLinkedQueue<>();
      AtomicBoolean done = new AtomicBoolean();
      Thread[] leavers = new Thread[3];
      for (int i = 0; i < leavers.length; i++) {
        leavers[i] = new Thread(() -> leave(front.port(), done));
        leavers[i].start();
      }
      Thread[] readers = new Thread[3];
      for (int i = 0; i < readers.length; i++) {
        readers[i] = new Thread(() -> read(front.port(), wrong));
        readers[i].start();
      }
      for (Thread reader : readers) {
        reader.join();
      }
      done.set(true);
      for (Thread leaver : leavers) {
        leaver.join();
      }
      assertThat(wrong).isEmpty();
    }
  }

  private static TestFront front(TestFront.Kind kind, TestOrigin origin) throws Exception {
    UpstreamSettings upstream = TestProxy.upstream(origin.address());
    Duration patient = Duration.ofSeconds(20);
    ProxySettings settings =
        TestProxy.settings(
            upstream,
            "http",
            true,
            false,
            all -> TestProxy.with(all, new ProxySettings.Timeouts(patient, patient, patient)));
    return TestFront.start(kind, new TestProxy(upstream, settings), true);
  }

  private static void leave(int port, AtomicBoolean done) {
    while (!done.get()) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket
            .getOutputStream()
            .write("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        socket.getInputStream().readNBytes(200);
        socket.setSoLinger(true, 0);
      } catch (Exception e) {
        // It leaves in any case.
      }
    }
  }

  private static void read(int port, Queue<String> wrong) {
    for (int i = 0; i < ROUNDS; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write(
                "GET /drips HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        String answer =
            new String(
                new BufferedInputStream(socket.getInputStream()).readAllBytes(),
                StandardCharsets.US_ASCII);
        if (!answer.endsWith("\r\n\r\n....")) {
          wrong.add(i + ": " + answer);
        }
      } catch (Exception e) {
        wrong.add(i + ": " + e);
      }
    }
  }
}
