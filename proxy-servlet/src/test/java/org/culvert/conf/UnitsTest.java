package org.culvert.conf;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
  @ParameterizedTest
  @CsvSource({"0,0", "10,10", "8k,8192", "8K,8192", "1m,1048576", "2G,2147483648"})
  void sizes(String text, long bytes) {
    assertThat(Units.size(text)).hasValue(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "k", "1kb", "-1", "1.5m", "99999999999999999999", "9223372036854775g"})
  void whatIsNoSize(String text) {
    assertThat(Units.size(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "60,60000",
    "60s,60000",
    "5m,300000",
    "1h30m,5400000",
    "1h 30m,5400000",
    "1d,86400000",
    "1w2d,777600000",
    "250ms,250",
    "1s250ms,1250",
    "1h 5,3605000"
  })
  void timesInMilliseconds(String text, long millis) {
    assertThat(Units.milliseconds(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "1y", "1M", "1m1h", "1x", "1ms1s", "-1", "99999999999999999999"})
  void whatIsNoTimeInMilliseconds(String text) {
    assertThat(Units.milliseconds(text)).isNull();
  }

  @Test
  void timesInSecondsHaveYearsAndMonthsButNoMilliseconds() {
    assertThat(Units.seconds("1y")).isEqualTo(Duration.ofDays(365));
    assertThat(Units.seconds("1M1d")).isEqualTo(Duration.ofDays(31));
    assertThat(Units.seconds("1ms")).isNull();
    assertThat(Units.seconds("1d1y")).isNull();
  }
}
