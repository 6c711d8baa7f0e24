package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.culvert.variable.Regex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcreTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "^/a{2}$ /aa",
        "^/{id}$ /{id}",
        "^/{,3}$ /{,3}",
        "^/a{2,}$ /aaa",
        "^[\\w.-]+$ a.b-c",
        "^[[:alpha:][:digit:]]+$ a1",
        "^[[:^alpha:]]+$ 1-",
        "^[]a]+$ ]a",
        "^[^]a]+$ bc",
        "^[a[:]+$ a[:",
        "^[\\h\\v\\d]$ 7",
        "^[\\H]$ x",
        "^\\Q{[(\\E$ {[(",
        "^(?<a_b>x)\\k{a_b}$ xx",
        "^(?'a'x)\\g{-1}$ xx",
        "^(x)\\g1$|^(y)\\g{2}$ yy",
        "^(?i:AB)c$ abc",
        "^(?s-m).$ x",
        "^a++b?+$ aa",
        "^\\p{L}\\pL\\p{^L}\\P{Nd}[\\p{Lu}]\\p{Greek}?$ ab--A",
        "^\\101\\0603[\\102]$ A03B",
        "^(x)\\1\\11?y$ xxy",
        "^(?>a|ab)c$ ac",
        "\\x2F\\x{41}\\.$ /A.",
        "\\/\\-\\_\\=\\@$ /-_=@",
      })
  void matchesWhatPcreMatches(String pattern, String subject) throws Exception {
    assertThat(Pcre.compile(pattern, false).pattern().matcher(subject).find()).isTrue();
  }

  @Test
  void namesWithUnderscoresGetTheNumbersOfTheirGroups() throws Exception {
    Regex regex = Pcre.compile("^(a)(?:b)(?<c_1>c)(?P<d>d)(?'e'e)$", true);
    assertThat(regex.names()).containsEntry("c_1", 2).containsEntry("d", 3).containsEntry("e", 4);
    assertThat(regex.pattern().matcher("ABCDE").matches()).isTrue();
  }

  @Test
  void linesEndAtLineFeedsOnly() throws Exception {
    assertThat(Pcre.compile("^a.$", false).pattern().matcher("a\r").find()).isTrue();
    assertThat(Pcre.compile("^a.$", false).pattern().matcher("a\n").find()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(?R)", "(?1)", "(?&x)", "(?(1)a|b)", "(*FAIL)", "(?|a)", "a\\Kb", "\\X", "(?U)a"})
  void whatJavaCannotDoIsRefusedByName(String pattern) {
    assertThatThrownBy(() -> Pcre.compile(pattern, false))
        .hasMessageContaining("has no counterpart in java.util.regex in \"" + pattern + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        ")",
        "[",
        "[a",
        "*",
        "a\\",
        "(?<1>x)",
        "(?<a",
        "(?<a>x)(?<a>y)",
        "\\k<no>",
        "(a)\\2",
        "\\p{",
        "\\p",
        "(?#",
        "(?",
        "[[:no:]]",
        "\\y",
        "(?P",
        "\\g",
        "\\x{110000000}",
        "a{99999999999}"
      })
  void whatIsNoPatternIsALocatedError(String pattern) {
    assertThatThrownBy(() -> Pcre.compile(pattern, false))
        .isInstanceOf(PcreText.InvalidPatternException.class)
        .hasMessageStartingWith("pcre2_compile() failed: ");
  }
}
