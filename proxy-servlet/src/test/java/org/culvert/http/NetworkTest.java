package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {
  @ParameterizedTest
  @CsvSource({
    "10.1.2.3,      10.1.2.3,     true",
    "10.1.2.3,      10.1.2.4,     false",
    "10.1.2.128/25, 10.1.2.200,   true",
    "10.1.2.128/25, 10.1.2.127,   false",
    "10.1.2.7/8,    10.250.0.1,   true",
    "0.0.0.0/0,     255.1.1.1,    true",
    "0.0.0.0/0,     ::1,          false",
    "::/0,          ::1,          true",
    "::/0,          10.0.0.1,     false",
    "2001:db8::/33, 2001:db8:7fff::1, true",
    "2001:db8::/33, 2001:db8:8000::,  false",
    "::1,           ::1,          true",
    "0.0.0.0/0,     ::ffff:1.2.3.4, true",
  })
  void containsWhoseFirstBitsAreItsOwn(String network, String address, boolean contained)
      throws Exception {
    assertThat(Network.parse(network).contains(InetAddress.getByName(address)))
        .isEqualTo(contained);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "10.1.2",
        "10.1.2.3/",
        "10.1.2.3/33",
        "10.1.2.3/-1",
        "10.1.2.3/8/8",
        "::1/129",
        ":::",
        "localhost",
        "a:b:localhost",
        "fe80::1%lo",
        "[::1]",
        "10.1.2.3/0x8",
        "10.1.2.300"
      })
  void anythingElseIsNone(String text) {
    assertThat(Network.parse(text)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, true",
    "10.0.0.1/8, false",
    "10.0.0.1,   true",
    "2001:db8::/32, true",
    "2001:db8::1/32, false"
  })
  void knowsWhetherAllBitsOfItsTextCount(String text, boolean written) {
    assertThat(Network.parse(text).isWritten(text)).isEqualTo(written);
  }
}
