package org.culvert.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lookups at a name server on loopback. */
@Timeout(30)
class ResolverTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final DnsLoop loop = new DnsLoop();
  private final AtomicLong seconds = new AtomicLong(1000);
  private TestNameServer server;

  @BeforeEach
  void start() throws IOException {
    server = new TestNameServer();
  }

  @AfterEach
  void stop() throws IOException {
    loop.close();
    server.close();
  }

  private Resolver resolver(
      @Nullable Duration valid, boolean ipv4, boolean ipv6, InetSocketAddress... servers) {
    ResolverSettings settings = new ResolverSettings(List.of(servers), valid, ipv4, ipv6);
    return new Resolver(loop, settings, Runnable::run, seconds::get);
  }

  private Resolver resolver() {
    return resolver(null, true, false, server.address());
  }

  private static CompletableFuture<Resolution> begin(Resolver resolver, String name) {
    CompletableFuture<Resolution> result = new CompletableFuture<>();
    resolver.resolve(name, LONG, result::complete);
    return result;
  }

  private static String look(Resolver resolver, String name) throws Exception {
    Resolution resolution = begin(resolver, name).get(20, TimeUnit.SECONDS);
    return resolution.state() != 0
        ? resolution.reason()
        : String.join(
            " ", resolution.addresses().stream().map(InetAddress::getHostAddress).toList());
  }

  @Test
  void bothFamiliesAreAskedFor() throws Exception {
    server.put("both.test", "60 ::2 127.0.0.2 127.0.0.3");
    Resolver both = resolver(null, true, true, server.address());
    assertThat(look(both, "Both.test.")).isEqualTo("127.0.0.2 127.0.0.3 0:0:0:0:0:0:0:2");
    assertThat(look(resolver(null, true, false, server.address()), "both.test"))
        .isEqualTo("127.0.0.2 127.0.0.3");
    assertThat(look(resolver(null, false, true, server.address()), "both.test"))
        .isEqualTo("0:0:0:0:0:0:0:2");
    assertThat(server.questions)
        .containsExactlyInAnyOrder(
            "udp A both.test", "udp AAAA both.test", "udp A both.test", "udp AAAA both.test");
  }

  @Test
  void anAnswerIsKeptForItsTime() throws Exception {
    Resolver resolver = resolver();
    server.put("a.test", "10 127.0.0.2");
    assertThat(look(resolver, "a.test")).isEqualTo("127.0.0.2");
    server.put("a.test", "10 127.0.0.3");
    seconds.addAndGet(10);
    assertThat(look(resolver, "A.TEST")).isEqualTo("127.0.0.2");
    seconds.addAndGet(1);
    assertThat(look(resolver, "a.test")).isEqualTo("127.0.0.3");
    assertThat(server.questions).hasSize(2);
  }

  @Test
  void validIsStrongerThanTheAnswersTime() throws Exception {
    Resolver resolver = resolver(Duration.ofSeconds(100), true, false, server.address());
    server.put("a.test", "1 127.0.0.2");
    look(resolver, "a.test");
    seconds.addAndGet(100);
    look(resolver, "a.test");
    assertThat(server.questions).hasSize(1);
    seconds.addAndGet(1);
    look(resolver, "a.test");
    assertThat(server.questions).hasSize(2);
  }

  @Test
  void whatFailedIsAskedForAgain() throws Exception {
    Resolver resolver = resolver();
    assertThat(look(resolver, "none.test")).isEqualTo("(3: Host not found)");
    server.put("none.test", "0 !2");
    assertThat(look(resolver, "none.test")).isEqualTo("(2: Server failure)");
    server.put("none.test", "0 ::1");
    assertThat(look(resolver, "none.test")).as("no address").isEqualTo("(3: Host not found)");
    server.put("none.test", "0 127.0.0.9");
    assertThat(look(resolver, "none.test")).isEqualTo("127.0.0.9");
    assertThat(look(resolver, "not..a.name")).isEqualTo("(3: Host not found)");
    assertThat(server.questions).hasSize(4);
  }

  @Test
  void anAliasIsFollowed() throws Exception {
    server.put("a.test", "60 =b.test").put("b.test", "60 =c.test").put("c.test", "5 127.0.0.4");
    assertThat(look(resolver(), "a.test")).isEqualTo("127.0.0.4");
    server.put("x.test", "60 =y.test").put("y.test", "60 =x.test");
    assertThat(look(resolver(), "x.test")).as("a circle").isEqualTo("(3: Host not found)");
  }

  @Test
  void whatIsTruncatedIsAskedForOverTcp() throws Exception {
    String many = "60 tc 127.0.0.5";
    for (int i = 0; i < 100; i++) {
      many += " 127.0.1." + i;
    }
    server.put("long.test", many);
    assertThat(look(resolver(), "long.test")).startsWith("127.0.0.5 ").endsWith(" 127.0.1.99");
    assertThat(server.questions).containsExactly("udp A long.test", "tcp A long.test");
  }

  @Test
  void aForgedAnswerIsPassedOver() throws Exception {
    server.put("a.test", "60 forged 127.0.0.6");
    assertThat(look(resolver(), "a.test")).isEqualTo("127.0.0.6");
  }

  @Test
  void aServerThatIsNotThereIsPassedOverAtOnce() throws Exception {
    int free;
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    InetSocketAddress absent = new InetSocketAddress(InetAddress.getLoopbackAddress(), free);
    server.put("a.test", "60 127.0.0.7");
    Resolver resolver = resolver(null, true, false, absent, server.address());
    long start = System.nanoTime();
    assertThat(look(resolver, "a.test")).isEqualTo("127.0.0.7");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void aSilentServerIsATimeoutOfEachWhoWaits() throws Exception {
    server.put("a.test", "60 ?");
    Resolver resolver = resolver();
    CompletableFuture<Resolution> patient = begin(resolver, "a.test");
    CompletableFuture<Resolution> hasty = new CompletableFuture<>();
    resolver.resolve("a.test", Duration.ofMillis(50), hasty::complete);
    assertThat(hasty.get(10, TimeUnit.SECONDS).reason()).isEqualTo("(110: Operation timed out)");
    assertThat(patient).isNotDone();
    server.put("a.test", "60 127.0.0.8"); // Asked again after five seconds, as nginx does.
    assertThat(patient.get(20, TimeUnit.SECONDS).addresses()).hasSize(1);
    assertThat(server.questions).hasSize(2);
  }

  @Test
  void whoAsksForTheSameMeanwhileWaitsForTheSameAnswer() throws Exception {
    server.put("a.test", "60 ?");
    Resolver resolver = resolver();
    CompletableFuture<Resolution> first = new CompletableFuture<>();
    CompletableFuture<Resolution> second = new CompletableFuture<>();
    resolver.resolve("a.test", Duration.ofMillis(100), first::complete);
    resolver.resolve("a.test", Duration.ofMillis(200), second::complete);
    first.get(10, TimeUnit.SECONDS);
    second.get(10, TimeUnit.SECONDS);
    assertThat(server.questions).hasSize(1);
  }

  @Test
  void onlySoManyNamesAreKept() throws Exception {
    Resolver resolver = resolver();
    for (int i = 0; i < 1030; i++) {
      server.put("n" + i + ".test", "60 127.0.0.2");
      look(resolver, "n" + i + ".test");
    }
    server.questions.clear();
    look(resolver, "n1029.test");
    assertThat(server.questions).isEmpty();
    look(resolver, "n0.test");
    assertThat(server.questions).hasSize(1);
  }
}
