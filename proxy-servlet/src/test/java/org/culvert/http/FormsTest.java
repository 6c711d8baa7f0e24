package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How dates, addresses, octets and media types are written and read. */
class FormsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Sun, 06 Nov 1994 08:49:37 GMT  | 784111777",
        "Sunday, 06-Nov-94 08:49:37 GMT | 784111777",
        "Sun Nov  6 08:49:37 1994       | 784111777",
        "Tuesday, 02-Jan-24 03:04:05 GMT | 1704164645",
        "x                              | -1",
        "Sun, 06 Nov 1994 08:49:37      | -1",
      })
  void datesAreReadInThreeForms(String text, long seconds) {
    assertThat(HttpDate.parse(text)).isEqualTo(seconds);
  }

  @Test
  void datesAreWrittenInOne() {
    assertThat(HttpDate.format(784111777)).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1,        127.0.0.1",
    "::1,              ::1",
    "::,               ::",
    "fe80::1%0,        fe80::1",
    "2001:db8:0:1:0:0:0:1, 2001:db8:0:1::1",
    "2001:0:0:1:0:0:1:1,   2001::1:0:0:1:1",
    "1:2:3:4:5:6:7:0,  1:2:3:4:5:6:7:0",
    "1:2:3:4:5:6:0:0,  1:2:3:4:5:6::",
    "0:0:3:4:5:6:7:8,  ::3:4:5:6:7:8",
    "1:0:3:4:5:0:7:8,  1:0:3:4:5:0:7:8",
    "2001:DB8:A:b:C:d:E:f, 2001:db8:a:b:c:d:e:f",
  })
  void addressesAreWrittenAsNginxDoes(String literal, String text) throws Exception {
    assertThat(IpAddresses.text(new InetSocketAddress(InetAddress.getByName(literal), 1)))
        .isEqualTo(text);
  }

  @Test
  void addressesAreOctets() throws Exception {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("10.0.255.1"), 1);
    assertThat(IpAddresses.octets(address)).isEqualTo("\n\0\u00ff\u0001");
  }

  @Test
  void octetsAreBytesOfUtf8() {
    assertThat(Octets.of("\u00e9\u65e5")).isEqualTo("\u00c3\u00a9\u00e6\u0097\u00a5");
    assertThat(Octets.text(Octets.of("a\u00e9\u65e5"))).isEqualTo("a\u00e9\u65e5");
    assertThat(Octets.text("\u00ff")).isEqualTo("\ufffd");
    assertThat(Octets.bytes("\u00ff")).containsExactly(0xff);
  }

  @ParameterizedTest
  @CsvSource({
    "/a.html,       text/html",
    "/a.HTML,       text/html",
    "/a.tar.html,   text/html",
    "/a.html/b,     x/default",
    "/a,            x/default",
    "/a.,           x/default",
    "/.html,        x/default",
  })
  void mediaTypesFollowFromTheExtension(String path, String type) {
    assertThat(new MediaTypes(Map.of("html", "text/html"), "x/default").of(path)).isEqualTo(type);
  }
}
