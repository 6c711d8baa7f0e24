package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {
  @ParameterizedTest
  @CsvSource({
    "H.Test,     h.test",
    "h.test.,    h.test",
    "h.test:99,  h.test",
    "h.test.:99, h.test",
    "h.test:,    h.test",
    "[::1]:8,    [::1]",
    "[FE80::1],  [fe80::1]",
    "_x,         _x",
    "-,          -",
  })
  void isTheHostWithoutPortAndTrailingDot(String field, String host) throws Exception {
    assertThat(HostName.of(field)).isEqualTo(host);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "h..test", "a/b", "a b", ":80", ".", "a\u007f", "a\tb", "[::1", "[::1]x", "a:b", "a:8:9"
      })
  void isRefusedWhereNginxDoes(String field) {
    GatewayFailure failure = catchThrowableOfType(GatewayFailure.class, () -> HostName.of(field));
    assertThat(failure).isNotNull();
    assertThat(failure.status()).isEqualTo(400);
  }
}
