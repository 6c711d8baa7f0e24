package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HopByHopTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection",
        "keep-alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "UPGRADE",
        "HTTP2-Settings"
      })
  void removesWhatConcernsOneConnection(String name) {
    HeaderFields fields = HeaderFields.of("Host", "h", name, "x", "Accept", "a");
    HopByHop.strip(fields);
    assertThat(fields.toList()).isEqualTo(HeaderFields.of("Host", "h", "Accept", "a").toList());
  }

  @Test
  void removesWhatTheSendersConnectionNames() {
    HeaderFields fields =
        HeaderFields.of(
            "Connection", "close, X-One",
            "X-One", "1",
            "x-one", "2",
            "connection", " x-TWO ,,",
            "X-Two", "3",
            "X-Three", "4");
    HopByHop.strip(fields);
    assertThat(fields.toList()).isEqualTo(HeaderFields.of("X-Three", "4").toList());
  }

  @Test
  void cannotTakeAwayAFieldThatTheLocationSetsAfterwards() {
    HeaderFields fields =
        HeaderFields.of("Connection", "close, X-Remote-User", "X-Remote-User", "forged");
    HopByHop.strip(fields);
    fields.set("X-Remote-User", "alice");
    HopByHop.strip(fields);
    assertThat(fields.all("x-remote-user")).containsExactly("alice");
  }

  @Test
  void keepsHostAndLengthWhateverConnectionNames() {
    HeaderFields fields =
        HeaderFields.of("Connection", "Host, content-length", "Host", "h", "Content-Length", "3");
    HopByHop.strip(fields);
    assertThat(fields.size()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"X_User", "X.User", "X User", "", "Caf\u00e9", "a:", "a\u0000"})
  void knowsNamesThatOneBackendCouldReadAsAnother(String name) {
    assertThat(FieldNames.isUsual(name, false)).isFalse();
    assertThat(FieldNames.isUsual("X-User2", false)).isTrue();
    assertThat(FieldNames.isUsual(name, true)).isEqualTo(name.equals("X_User"));
  }
}
