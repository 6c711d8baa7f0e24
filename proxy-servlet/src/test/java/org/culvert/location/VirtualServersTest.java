package org.culvert.location;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VirtualServersTest {
  private static List<VirtualServers.Name> names(String... texts) {
    return Arrays.stream(texts)
        .map(
            text ->
                new VirtualServers.Name(
                    text, text.startsWith("~") ? Pattern.compile(text.substring(1)) : null))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "example.org,       exact",
    "www.example.org,   head",
    "a.b.example.org,   head",
    "x.sub.example.org, longerhead",
    "www.example.net,   tail",
    "www.example.co.uk, tail",
    "www.example.,      first",
    "dot.test,          dot",
    "a.dot.test,        dot",
    "www42.site,        regex",
    "unknown,           first",
    "'',                unnamed",
  })
  void areChosenByNameInNginxOrder(String host, String server) {
    VirtualServers<String> servers =
        VirtualServers.<String>builder()
            .add(null, 80, false, names("first.test"), "first")
            .add(null, 80, false, names("~^(www\\d+)\\.(?<tld>.+)$"), "regex")
            .add(null, 80, false, names("www.example.*"), "tail")
            .add(null, 80, false, names("*.example.org"), "head")
            .add(null, 80, false, names("*.sub.example.org"), "longerhead")
            .add(null, 80, false, names("example.org"), "exact")
            .add(null, 80, false, names(".dot.test"), "dot")
            .add(null, 80, false, names(), "unnamed")
            .build(false);
    assertThat(servers.find("127.0.0.1", 80, host).found()).isEqualTo(server);
  }

  @Test
  void aRegexGivesItsCaptures() {
    VirtualServers<String> servers =
        VirtualServers.<String>builder()
            .add(null, 80, false, names("~^(.+)\\.test$"), "a")
            .build(false);
    assertThat(servers.find("127.0.0.1", 80, "x.test").captures().group(1)).isEqualTo("x");
    assertThat(servers.find("127.0.0.1", 80, "x").captures()).isNull();
  }

  @Test
  void anAddressHidesTheWildcardOfItsPort() {
    VirtualServers<String> servers =
        VirtualServers.<String>builder()
            .add(null, 80, false, names("a"), "any")
            .add("127.0.0.2", 80, false, names("b"), "two")
            .add("[::1]", 80, false, names("c"), "six")
            .add(null, 81, false, names("a"), "eighty-one")
            .build(false);
    assertThat(servers.find("127.0.0.1", 80, "b").found()).isEqualTo("any");
    assertThat(servers.find("127.0.0.2", 80, "a").found()).isEqualTo("two");
    assertThat(servers.find("0:0:0:0:0:0:0:1%lo", 80, "a").found()).isEqualTo("six");
    assertThat(servers.find("0:0:0:0:0:0:0:2", 80, "a").found()).isEqualTo("any");
    assertThat(servers.find("127.0.0.1", 81, "a").found()).isEqualTo("eighty-one");
  }

  @Test
  void theDefaultServerIsTheFirstOrTheOneThatSaysSo() {
    VirtualServers<String> servers =
        VirtualServers.<String>builder()
            .add(null, 80, false, names("a"), "a")
            .add(null, 80, true, names("b"), "b")
            .add(null, 81, false, names("c"), "c")
            .build(false);
    assertThat(servers.find("127.0.0.1", 80, "zzz").found()).isEqualTo("b");
    assertThat(servers.find("127.0.0.1", 81, "zzz").found()).isEqualTo("c");
  }

  @Test
  void inAContainerThePortMayBeAny() {
    VirtualServers<String> servers =
        VirtualServers.<String>builder()
            .add(null, 80, false, names("a"), "a")
            .add(null, 81, false, names("b"), "b")
            .build(true);
    assertThat(servers.find("127.0.0.1", 8080, "b").found()).isEqualTo("b");
    assertThat(servers.find("127.0.0.1", 8080, "zzz").found()).isEqualTo("a");
    assertThat(servers.find("127.0.0.1", 81, "a").found()).isEqualTo("b");
  }

  @Test
  void ofTwoServersWithTheSameNameTheFirstAnswers() {
    VirtualServers<String> servers =
        VirtualServers.<String>builder()
            .add(null, 80, false, names("x"), "x")
            .add(null, 80, false, names("a"), "first")
            .add(null, 80, false, names("a"), "second")
            .build(false);
    assertThat(servers.find("127.0.0.1", 80, "a").found()).isEqualTo("first");
  }
}
