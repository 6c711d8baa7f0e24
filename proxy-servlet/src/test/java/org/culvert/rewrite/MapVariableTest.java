package org.culvert.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.culvert.variable.Regex;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapVariableTest {
  private final VariableTable table = Requests.table();

  private MapVariable.Builder map(String source) {
    return MapVariable.builder(table, Requests.template(table, source));
  }

  private Template t(String text) {
    return Requests.template(table, text);
  }

  private static Regex regex(String pattern, Map<String, Integer> names) {
    return new Regex(Pattern.compile(pattern), names);
  }

  private static MapVariable literals(MapVariable.Builder builder, String... keysAndValues) {
    for (int i = 0; i < keysAndValues.length; i += 2) {
      builder.literal(keysAndValues[i], Template.constant(keysAndValues[i + 1]));
    }
    return builder.build();
  }

  /** The values are nginx's for the same map. */
  @ParameterizedTest
  @CsvSource({
    "abc,  lit",
    "ABC,  lit",
    "rzx,  re:z:z",
    "izz,  i",
    "~x,   tilde",
    "'',   empty",
    "q,    def:q",
  })
  void choosesAsNginxDoes(String argument, String value) {
    MapVariable.Builder builder =
        map("$arg_m")
            .fallback(t("def:$arg_m"))
            .regex(regex("^r(.)x$", Map.of("cap", 1)), t("re:$cap:$1"))
            .regex(
                new Regex(Pattern.compile("^I", Pattern.CASE_INSENSITIVE), Map.of()),
                Template.constant("i"));
    MapVariable map = literals(builder, "AbC", "lit", "~x", "tilde", "", "empty");
    assertThat(map.value(Requests.get("/?m=" + argument))).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "a.e.com,    head",
    "www.e.com,  exact",
    "WWW.E.com., exact",
    "e.com,      none",
    "d.com,      dot",
    "b.d.com,    dot",
    "t.x.y,      tail",
    "res,        re",
  })
  void choosesHostnames(String host, String value) {
    MapVariable.Builder builder =
        map("$arg_h").hostnames().fallback(t("none")).regex(regex("^re", Map.of()), t("re"));
    MapVariable map =
        literals(builder, "*.e.com", "head", ".d.com", "dot", "t.*", "tail", "www.e.com", "exact");
    assertThat(map.value(Requests.get("/?h=" + host))).isEqualTo(value);
  }

  @Test
  void withoutHostnamesAStarIsAStar() {
    MapVariable map = literals(map("$arg_h"), "*.e.com", "star");
    assertThat(map.value(Requests.get("/?h=a.e.com"))).isEmpty();
    assertThat(map.value(Requests.get("/?h=*.e.com"))).isEqualTo("star");
  }

  @Test
  void aSecondLiteralIsSaidToConflict() {
    MapVariable.Builder builder = map("$arg_h");
    assertThat(builder.literal("a", t("1"))).isTrue();
    assertThat(builder.literal("A", t("2"))).isFalse();
    assertThat(builder.build().value(Requests.get("/?h=a"))).isEqualTo("1");
  }

  @Test
  void isEvaluatedOnceForARequestUnlessVolatile() {
    AtomicInteger count = new AtomicInteger();
    table.define("count", scope -> Integer.toString(count.incrementAndGet()));
    MapVariable kept = map("$count").fallback(t("$count")).build();
    MapVariable notKept = map("$count").notCached().fallback(t("$count")).build();
    Scope scope = Requests.get("/");
    assertThat(kept.value(scope)).isEqualTo("2").isEqualTo(kept.value(scope));
    assertThat(notKept.value(scope)).isEqualTo("4");
    assertThat(notKept.value(scope)).isEqualTo("6");
    assertThat(kept.value(Requests.get("/"))).isEqualTo("8");
  }

  @Test
  void mapsThatGoInACircleEnd() {
    table.compute("a", map("$b").build());
    table.compute("b", map("$a").build());
    assertThat(t("<$a>").evaluate(Requests.get("/"))).isEqualTo("<>");
  }

  @Test
  void setOverridesAMapOfTheSameName() throws Exception {
    table.compute("m", map("$arg_m").fallback(t("map")).build());
    int slot = table.slot("m");
    Template template = t("$m");
    table.resolveAll();
    Scope scope = Requests.get("/");
    assertThat(template.evaluate(scope)).isEqualTo("map");
    scope.slot(slot, "set");
    assertThat(template.evaluate(scope)).isEqualTo("set");
  }
}
