package org.culvert.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class ParserTest {
  @TempDir Path folder;

  private static List<Directive> parse(String text) throws ConfigurationException {
    return Parser.parse(new TextSource("x.conf", text), null).directives();
  }

  private static String error(String text, String globals) {
    try {
      Parser.parse(new TextSource("x.conf", text), globals);
    } catch (ConfigurationException e) {
      return e.located();
    }
    return "none";
  }

  @Test
  void everyWordKeepsItsLineAndTheDirectiveTheLineOfItsEnd() throws Exception {
    Directive directive = parse("\n a\n  b # c\n 'd'\n;").get(0);
    assertThat(directive.words()).extracting(w -> w.position().line()).containsExactly(2, 3, 4);
    assertThat(directive.position()).hasToString("x.conf:5");
  }

  @Test
  void blocksNestAndKnowWhereTheyEnd() throws Exception {
    Directive outer = parse("a {\n b { c; }\n}").get(0);
    assertThat(outer.block().end().line()).isEqualTo(3);
    assertThat(outer.block().directives().get(0).block().directives().get(0).name()).isEqualTo("c");
  }

  @Test
  void escapesAreResolvedOnlyWhereNginxDoes() throws Exception {
    assertThat(parse("a \"\\\"\\'\\\\\\t\\r\\n\\d\\$x\" b\\ c\\;d \\\"e;").get(0).words())
        .extracting(Word::text)
        .containsExactly("a", "\"'\\\t\r\n\\d\\$x", "b\\ c\\;d", "\"e");
  }

  @Test
  void aParenthesisMayFollowAQuote() throws Exception {
    assertThat(parse("if (\"a\"){ }").get(0).words())
        .extracting(Word::text)
        .containsExactly("if", "(\"a\")");
    assertThat(parse("a \"b\");").get(0).words())
        .extracting(Word::text)
        .containsExactly("a", "b", ")");
  }

  @Test
  void globalsAreReadBeforeTheFile() throws Exception {
    Parser.Tree tree = Parser.parse(new TextSource("x.conf", "b;"), "a; daemon off;");
    assertThat(tree.directives()).extracting(Directive::name).containsExactly("a", "daemon", "b");
    assertThat(tree.directives().get(0).position()).hasToString("command line");
    assertThat(tree.files()).containsOnlyKeys("x.conf");
  }

  @Test
  void errorsInGlobalsNameTheCommandLine() {
    assertThat(error("", "daemon off"))
        .isEqualTo("unexpected end of parameter, expecting \";\" in command line");
    assertThat(error("", "http { }"))
        .isEqualTo("block directives are not supported in -g option in command line");
  }

  @Test
  void tooDeepNestingIsAnErrorAndNotAnOverflow() {
    assertThat(error("a {".repeat(100_000), null)).startsWith("blocks are nested too deeply");
  }

  @Test
  void aFileThatIsNotThereHasNoPosition() {
    assertThatThrownBy(() -> Parser.parse(new FileSource(folder.resolve("none.conf")), null))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.located())
                    .isEqualTo(
                        "open() \""
                            + folder.resolve("none.conf")
                            + "\" failed (2: No such file or directory)"));
  }

  @Test
  void globsAreThoseOfThePosixShell() throws Exception {
    Path deep = Files.createDirectories(folder.resolve("d/e"));
    for (String name : List.of("b.conf", "a.conf", ".hidden.conf", "a1.conf", "c.txt")) {
      Files.writeString(deep.resolve(name), "\"" + name + "\";");
    }
    assertThat(names("d/e/*.conf")).containsExactly("a.conf", "a1.conf", "b.conf");
    assertThat(names("d/?/[!a].conf")).containsExactly("b.conf");
    assertThat(names("*/e/a[0-9].*")).containsExactly("a1.conf");
    assertThat(names("d/e/.*.conf")).containsExactly(".hidden.conf");
    assertThat(names("nothing/*")).isEmpty();
    assertThat(names(folder + "/d/e/a.conf")).containsExactly("a.conf");
  }

  private List<String> names(String pattern) throws Exception {
    Path main = folder.resolve("main.conf");
    Files.writeString(main, "include " + pattern + ";");
    return Parser.parse(new FileSource(main), null).directives().stream()
        .map(Directive::name)
        .toList();
  }

  @Test
  void textIsOctetsAndMessagesAreText() throws Exception {
    Path main = folder.resolve("main.conf");
    Files.writeString(main, "ü \"", StandardCharsets.UTF_8);
    assertThat(parse("ü;").get(0).name()).isEqualTo("\u00c3\u00bc");
    assertThatThrownBy(() -> Parser.parse(new FileSource(main), null))
        .hasMessage("unexpected end of file, expecting \";\" or \"}\"");
    assertThat(new ConfigurationException("\"\u00c3\u00bc\"", null)).hasMessage("\"ü\"");
  }

  @Test
  void aTextWithoutAFolderIncludesAbsolutePathsOnly() throws Exception {
    Path file = Files.writeString(folder.resolve("a.inc"), "a;");
    assertThat(parse("include " + file + ";")).hasSize(1);
    assertThat(error("include a.inc;", null)).contains("failed (2: No such file or directory)");
  }
}
