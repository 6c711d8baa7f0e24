package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.culvert.directive.DirectiveRule.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class DirectiveTableTest {
  private final DirectiveTable table = DirectiveTable.instance();

  @Test
  void everyDirectiveThatIsDoneHasASetterAndNoOtherHas() {
    Set<String> done =
        table.rules().values().stream()
            .flatMap(rules -> rules.stream())
            .filter(rule -> rule.status() == Status.DONE)
            .map(DirectiveRule::name)
            .collect(Collectors.toCollection(TreeSet::new));
    done.remove("include"); // the parser's
    Set<String> defined =
        table.defined().stream()
            .map(name -> name.replaceAll("@.*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(defined).isEqualTo(done);
  }

  @Test
  void settersForOneContextStandWhereTheTableHasThatContext() {
    for (String name : table.defined()) {
      String[] parts = name.split("@");
      if (parts.length == 2) {
        assertThat(table.rules().get(parts[0]))
            .as(name)
            .anyMatch(
                rule ->
                    rule.status() == Status.DONE
                        && rule.contexts().stream().anyMatch(c -> c.text().equals(parts[1])));
      }
    }
  }

  @Test
  void everyRuleHasAContextAndReadableArguments() {
    table
        .rules()
        .values()
        .forEach(
            rules ->
                rules.forEach(
                    rule -> {
                      assertThat(rule.contexts()).as(rule.name()).isNotEmpty();
                      rule.takes(3);
                    }));
  }

  @Test
  void theTableHasTheModulesThatTheReferencePromises() {
    assertThat(table.rules().values().stream().flatMap(r -> r.stream()).map(DirectiveRule::module))
        .contains(
            "ngx_core_module",
            "ngx_http_core_module",
            "ngx_http_proxy_module",
            "ngx_http_upstream_module",
            "ngx_http_headers_module",
            "ngx_http_rewrite_module",
            "ngx_http_log_module",
            "ngx_http_map_module",
            "ngx_http_ssl_module");
  }

  @Test
  void theReferenceNamesEveryDirective() throws IOException {
    String reference = Files.readString(Path.of("../docs/configuration.md"));
    for (String name : table.rules().keySet()) {
      assertThat(reference).as(name).containsPattern("`" + name + "[` ]");
    }
  }
}
