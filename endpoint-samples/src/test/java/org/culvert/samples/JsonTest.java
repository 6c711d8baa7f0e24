package org.culvert.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void writesObjectsInTheOrderGiven() {
    assertThat(Json.text(Json.object("b", 1, "a", List.of(true, 2.5), "c", Json.object())))
        .isEqualTo("{\"b\":1,\"a\":[true,2.5],\"c\":{}}");
  }

  @Test
  void escapesWhatAStringMayNotHold() {
    assertThat(Json.text("\"\\\n\t\u0000é😀</script>"))
        .isEqualTo("\"\\\"\\\\\\n\\u0009\\u0000é😀</script>\"");
  }

  @Test
  void escapesHalfOfASurrogatePair() {
    assertThat(Json.text("\ud83d \ude00 😀")).isEqualTo("\"\\ud83d \\ude00 😀\"");
  }

  @Test
  void writesNullForWhatIsNoNumber() {
    assertThat(Json.text(Double.NaN)).isEqualTo("null");
    assertThat(Json.text(Double.POSITIVE_INFINITY)).isEqualTo("null");
  }
}
