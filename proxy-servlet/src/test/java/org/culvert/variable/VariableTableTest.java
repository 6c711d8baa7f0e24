package org.culvert.variable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.culvert.variable.VariableTable.UnknownVariableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariableTableTest {
  private final VariableTable table = new VariableTable();
  private final Scope scope = new Scope();

  VariableTableTest() {
    table.define("host", s -> "example.org");
    table.define("none", s -> null);
    table.definePrefix("arg_", name -> s -> "<" + name + ">");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "plain,             plain",
        "$host,             example.org",
        "${host}s,          example.orgs",
        "a$host/b,          aexample.org/b",
        "$host$host,        example.orgexample.org",
        "$none|,            |",
        "$arg_x-y,          <x>-y",
        "$arg_X,            <x>",
        "$HOST${None},      example.org",
      })
  void templatesAreEvaluated(String source, String value) throws Exception {
    assertThat(table.compile(source).evaluate(scope)).isEqualTo(value);
    table.resolveAll();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "$,         invalid variable name",
        "a$ b,      invalid variable name",
        "$$host,    invalid variable name",
        "${},       invalid variable name",
        "${host,    the closing bracket in \"\"host\"\" variable is missing",
        "${ho-st},  the closing bracket in \"\"ho\"\" variable is missing",
      })
  void whatIsNoNameIsRefused(String source, String message) {
    assertThatThrownBy(() -> table.compile(source))
        .isInstanceOf(UnknownVariableException.class)
        .hasMessage(message.replace("\"\"", "\""));
  }

  @Test
  void aNameThatNobodyDefinesIsReportedAtTheEnd() throws Exception {
    table.compile("$later and $never and $nor");
    table.slot("later");
    assertThatThrownBy(table::resolveAll).hasMessage("unknown \"never\" variable");
    assertThatThrownBy(() -> table.lookup("arg_")).hasMessage("unknown \"arg_\" variable");
  }

  @Test
  void aVariableMayBeUsedBeforeItIsDefined() throws Exception {
    Template template = table.compile("<$x>");
    int slot = table.slot("x");
    table.resolveAll();
    assertThat(template.evaluate(scope)).isEqualTo("<>");
    scope.slot(slot, "1");
    assertThat(template.evaluate(scope)).isEqualTo("<1>");
  }

  @Test
  void capturesAreOneDigit() throws Exception {
    Matcher matcher = Pattern.compile("(a)(b)?").matcher("a");
    assertThat(matcher.find()).isTrue();
    Template template = table.compile("$1$10-$2-$9");
    assertThat(template.evaluate(scope)).isEqualTo("0--");
    scope.captured(matcher.toMatchResult(), Map.of(1, table.slot("first")));
    assertThat(template.evaluate(scope)).isEqualTo("aa0--");
    assertThat(table.compile("$first").evaluate(scope)).isEqualTo("a");
  }

  @Test
  void slotsAreOnePerName() {
    assertThat(table.slot("x")).isEqualTo(table.slot("x")).isNotEqualTo(table.slot("y"));
    assertThat(table.slot("args")).isEqualTo(VariableTable.ARGS);
    assertThat(table.anonymousSlot()).isNotEqualTo(table.anonymousSlot());
  }

  @Test
  void builtInNamesAreFixedExceptArgs() {
    table.define("args", s -> "");
    assertThat(table.isFixed("host")).isTrue();
    assertThat(table.isFixed("args")).isFalse();
    assertThat(table.isFixed("x")).isFalse();
    assertThat(table.isFixed("arg_x")).isFalse();
  }
}
