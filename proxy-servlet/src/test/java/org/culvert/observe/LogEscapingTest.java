package org.culvert.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LogEscapingTest {
  private static String write(LogEscaping escaping, String value) throws Exception {
    VariableTable table = new VariableTable();
    table.define("v", scope -> value);
    return table.compile("\"$v|\u00e9", escaping).evaluate(new Scope());
  }

  @Test
  void defaultWritesNothingThatEndsAFieldOrALine() throws Exception {
    assertThat(write(LogEscaping.DEFAULT, "q\"\\\u0001\u00e9z\n\u007f ~"))
        .isEqualTo("\"q\\x22\\x5C\\x01\\xE9z\\x0A\\x7F ~|\u00e9");
    assertThat(write(LogEscaping.DEFAULT, "plain")).isEqualTo("\"plain|\u00e9");
  }

  @Test
  void jsonIsAJsonString() throws Exception {
    assertThat(write(LogEscaping.JSON, "q\"\\\u0001\u00e9\n\r\t\b\f\u001f/"))
        .isEqualTo("\"q\\\"\\\\\\u0001\u00e9\\n\\r\\t\\b\\f\\u001F/|\u00e9");
  }

  @Test
  void noneWritesItAsItIs() throws Exception {
    assertThat(write(LogEscaping.NONE, "q\"\n")).isEqualTo("\"q\"\n|\u00e9");
  }

  @ParameterizedTest
  @EnumSource
  void aMissingValueIsADashInTheDefaultOnly(LogEscaping escaping) throws Exception {
    String missing = escaping == LogEscaping.DEFAULT ? "-" : "";
    assertThat(write(escaping, null)).isEqualTo("\"" + missing + "|\u00e9");
    assertThat(write(escaping, "")).isEqualTo("\"|\u00e9");
  }
}
