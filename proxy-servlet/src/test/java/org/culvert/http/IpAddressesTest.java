package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressesTest {
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "10.1.22.254"})
  void fourNumbersAreAnAddress(String text) throws Exception {
    assertThat(IpAddresses.ipv4(text)).isEqualTo(InetAddress.getByName(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        "1.2.3.4.5",
        "1..2.3",
        "256.1.1.1",
        "1.2.3.1234",
        "a.b.c.d",
        "::1",
        "1.2.3.4 ",
        "-1.2.3.4",
        "localhost"
      })
  void anythingElseIsNone(String text) {
    assertThat(IpAddresses.ipv4(text)).isNull();
  }
}
