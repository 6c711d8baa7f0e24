package org.culvert.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that leave while the backend stalls: a line with 499, and the backend is let go. */
@Timeout(60)
class ClientsLeavingTest {
  private static final String GET = "GET /stalled HTTP/1.1\r\nHost: x\r\n\r\n";

  @TempDir Path folder;
  private ServerSocket backend;
  private @Nullable Master master;
  private int plain;
  private int secure;

  /** How a client asks and leaves. */
  private enum Client {
    PLAIN {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", test.plain)) {
          send(socket, GET);
          asked.await();
        }
      }
    },
    PLAIN_RESET {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", test.plain)) {
          send(socket, GET);
          asked.await();
          socket.setSoLinger(true, 0);
        }
      }
    },
    PLAIN_WITH_A_BODY_UNDER_WAY {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", test.plain)) {
          send(socket, "POST /stalled HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbegun");
          asked.await();
        }
      }
    },
    TLS {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (SSLSocket socket = tls(new Socket("127.0.0.1", test.secure), "http/1.1")) {
          send(socket, GET);
          asked.await();
        }
      }
    },
    TLS_WITHOUT_ITS_CLOSING_ALERT {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", test.secure)) {
          send(tls(socket, "http/1.1"), GET);
          asked.await();
        }
      }
    },
    TLS_WITH_A_BODY_UNDER_WAY {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (SSLSocket socket = tls(new Socket("127.0.0.1", test.secure), "http/1.1")) {
          send(socket, "POST /stalled HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbegun");
          asked.await();
        }
      }
    },
    HTTP2 {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", test.plain)) {
          socket.getOutputStream().write(http2Request());
          asked.await();
        }
      }
    },
    HTTP2_STREAM_ALONE {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", test.plain)) {
          socket.getOutputStream().write(http2Request());
          asked.await();
          socket.getOutputStream().write(CANCEL);
          Await.until(() -> test.log().contains(" 499 "));
        }
      }
    },
    HTTP2_OVER_TLS {
      @Override
      void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception {
        try (SSLSocket socket = tls(new Socket("127.0.0.1", test.secure), "h2")) {
          socket.getOutputStream().write(http2Request());
          asked.await();
        }
      }
    };

    /** RST_STREAM of stream 1 with CANCEL. */
    private static final byte[] CANCEL = {0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8};

    abstract void askAndLeave(ClientsLeavingTest test, Awaiting asked) throws Exception;

    private static void send(Socket socket, String request) throws IOException {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    private static SSLSocket tls(Socket socket, String protocol) throws Exception {
      SSLSocket tls =
          (SSLSocket)
              MasterTest.trusting()
                  .getSocketFactory()
                  .createSocket(socket, "127.0.0.1", socket.getPort(), true);
      SSLParameters parameters = tls.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {protocol});
      tls.setSSLParameters(parameters);
      tls.startHandshake();
      assertThat(tls.getApplicationProtocol()).isEqualTo(protocol);
      return tls;
    }

    /** The preface, SETTINGS, and HEADERS of stream 1: GET, http, /stalled, authority x. */
    private static byte[] http2Request() {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      bytes.writeBytes(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
      byte[] path = "/stalled".getBytes(StandardCharsets.US_ASCII);
      bytes.writeBytes(new byte[] {0, 0, (byte) (7 + path.length), 1, 5, 0, 0, 0, 1});
      bytes.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86, 0x04, (byte) path.length});
      bytes.writeBytes(path);
      bytes.writeBytes(new byte[] {0x41, 1, 'x'});
      return bytes.toByteArray();
    }
  }

  private interface Awaiting {
    void await() throws Exception;
  }

  @BeforeEach
  void start() throws Exception {
    backend = new ServerSocket();
    backend.bind(new InetSocketAddress("127.0.0.1", 0));
    backend.setSoTimeout(20_000);
    plain = MasterTest.freePort();
    secure = MasterTest.freePort();
    Files.writeString(
        folder.resolve("culvert.conf"),
        """
        events {}
        http {
          access_log access.log;
          server {
            listen 127.0.0.1:%1$d;
            listen 127.0.0.1:%2$d ssl;
            http2 on;
            ssl_certificate %3$s;
            ssl_certificate_key %4$s;
            location / { proxy_pass http://127.0.0.1:%5$d; proxy_request_buffering off; }
            location /ignoring {
              proxy_pass http://127.0.0.1:%5$d;
              proxy_ignore_client_abort on;
            }
          }
        }
        """
            .formatted(
                plain,
                secure,
                PemTest.file("one.pem"),
                PemTest.file("one.key"),
                backend.getLocalPort()));
    Command command = new Command(CommandLine.parse("-p", folder.toString(), "-c", "culvert.conf"));
    master = new Master(command, command.read());
    master.start();
  }

  @AfterEach
  void stop() throws Exception {
    backend.close();
    if (master != null) {
      master.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void areLoggedWith499AndTheirBackendIsLetGo(Client client) throws Exception {
    Socket[] asked = new Socket[1];

    client.askAndLeave(this, () -> asked[0] = accept());

    Await.until(() -> log().contains("/stalled HTTP/"));
    assertThat(log()).contains(" 499 ");
    try (Socket connection = asked[0]) {
      connection.setSoTimeout(20_000);
      assertThat(connection.getInputStream().readAllBytes()).as("the end").isNotNull();
    } catch (IOException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @Test
  void doNotEndABackendThatIsToIgnoreThem() throws Exception {
    try (SSLSocket socket = Client.tls(new Socket("127.0.0.1", secure), "http/1.1")) {
      Client.send(socket, "GET /ignoring HTTP/1.1\r\nHost: x\r\n\r\n");
      try (Socket connection = accept()) {
        socket.close();
        answer(connection, "late");

        Await.until(() -> log().contains("/ignoring"));
        assertThat(log()).doesNotContain(" 499 ");
      }
    }
  }

  /** A look at the decrypted bytes must leave them to who reads them. */
  @Test
  void areNotTakenForThoseThatSendTheirNextRequestAhead() throws Exception {
    try (SSLSocket socket = Client.tls(new Socket("127.0.0.1", secure), "http/1.1")) {
      Client.send(socket, GET);
      try (Socket connection = accept()) {
        Client.send(socket, "GET /ahead HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Thread.sleep(1500); // Two looks or three: the backend's slowness is what is tested.
        answer(connection, "first");
        head(connection.getInputStream());
        answer(connection, "second");

        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .containsSubsequence("200 OK", "first", "200 OK", "second");
      }
    }
    Await.until(() -> log().contains("/ahead"));
    assertThat(log()).doesNotContain(" 499 ");
  }

  private Socket accept() throws IOException {
    Socket connection = backend.accept();
    connection.setSoTimeout(20_000);
    head(connection.getInputStream());
    return connection;
  }

  private static void head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      assertThat(next).as("after " + head).isNotNegative();
      head.append((char) next);
    }
  }

  private static void answer(Socket connection, String body) throws IOException {
    OutputStream out = connection.getOutputStream();
    out.write(
        ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
            .getBytes(StandardCharsets.US_ASCII));
  }

  private String log() throws IOException {
    Path log = folder.resolve("access.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }
}
