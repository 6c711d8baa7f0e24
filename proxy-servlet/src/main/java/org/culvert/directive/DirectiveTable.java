package org.culvert.directive;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.directive.DirectiveRule.Status;

/**
 * All directives as data: the rules come from {@code nginx-directives.txt}, the setters from one
 * class for each family of settings. Context, block and number of arguments are checked here, once,
 * in nginx's order and words ({@code ngx_conf_handler}).
 */
final class DirectiveTable {
  private static final DirectiveTable INSTANCE = new DirectiveTable();

  private final Map<String, List<DirectiveRule>> rules = new LinkedHashMap<>();
  private final Map<String, Setter> setters = new LinkedHashMap<>();

  private DirectiveTable() {
    try (InputStream in = DirectiveTable.class.getResourceAsStream("nginx-directives.txt")) {
      if (in == null) {
        throw new IllegalStateException("nginx-directives.txt is not beside DirectiveTable");
      }
      load(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ProcessDirectives.define(this);
    ServerDirectives.define(this);
    LocationDirectives.define(this);
    CoreDirectives.define(this);
    ClientDirectives.define(this);
    HeaderDirectives.define(this);
    GzipDirectives.define(this);
    StaticDirectives.define(this);
    MediaTypeDirectives.define(this);
    RewriteDirectives.define(this);
    LogDirectives.define(this);
    MapDirectives.define(this);
    SplitClientsDirectives.define(this);
    GeoDirectives.define(this);
    RefererDirectives.define(this);
    AccessDirectives.define(this);
    LimitExceptDirectives.define(this);
    RealIpDirectives.define(this);
    LimitDirectives.define(this);
    TlsDirectives.define(this);
    UpstreamDirectives.define(this);
    RequestBodyDirectives.define(this);
    ResolverDirectives.define(this);
    ProxyPassDirectives.define(this);
    ProxyRequestDirectives.define(this);
    ProxyResponseDirectives.define(this);
    ProxyRewriteDirectives.define(this);
    ProxyCookieDirectives.define(this);
    ProxyNextDirectives.define(this);
    ProxyBufferDirectives.define(this);
    ProxyDialDirectives.define(this);
    ProxyTlsDirectives.define(this);
  }

  /** The table; there is one. */
  static DirectiveTable instance() {
    return INSTANCE;
  }

  private void load(BufferedReader lines) throws IOException {
    String module = "";
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] columns = line.trim().split("\\s+");
      if (columns[0].equals("module")) {
        module = columns[1];
      } else if (columns.length == 4 && !columns[0].equals("#")) {
        boolean isBlock = columns[2].endsWith("{}");
        String arguments = columns[2].replace("{}", "");
        rules
            .computeIfAbsent(columns[0], name -> new ArrayList<>())
            .add(
                new DirectiveRule(
                    columns[0],
                    module,
                    contexts(columns[1]),
                    arguments,
                    isBlock,
                    Status.of(columns[3])));
      }
    }
  }

  private static Set<Context> contexts(String text) {
    if (text.equals("any")) {
      return EnumSet.allOf(Context.class);
    }
    Set<Context> contexts = EnumSet.noneOf(Context.class);
    for (String name : text.split(",")) {
      for (Context context : Context.values()) {
        if (context.text().equals(name)) {
          contexts.add(context);
        }
      }
    }
    return contexts;
  }

  /** Says what a directive does, in all its contexts. */
  void define(String name, Setter setter) {
    if (setters.put(name, setter) != null) {
      throw new IllegalStateException("two setters for " + name);
    }
  }

  /** Says what a directive does in one context. */
  void define(String name, Context context, Setter setter) {
    define(name + "@" + context.text(), setter);
  }

  /** All rules, by name. */
  Map<String, List<DirectiveRule>> rules() {
    return rules;
  }

  /** The names for which there is a setter; "name@context" where it is for that context. */
  Set<String> defined() {
    return setters.keySet();
  }

  /** Whether a directive of that name may stand there. */
  boolean isAllowed(String name, Context context) {
    return rules.getOrDefault(name, List.of()).stream()
        .anyMatch(rule -> rule.contexts().contains(context));
  }

  /** Checks a directive and does what it says. */
  void apply(Directive directive, Level level, Reading reading) throws ConfigurationException {
    DirectiveRule rule = rule(directive, level.context());
    switch (rule.status()) {
      case REFUSED -> throw directive.error("\"" + rule.name() + "\" directive is not supported");
      case NO_EFFECT -> reading.warnings().noEffect(directive);
      case WARNED -> reading.warnings().ignored(directive);
      case DONE -> setter(rule.name(), level.context()).set(directive, level, reading);
    }
  }

  private DirectiveRule rule(Directive directive, Context context) throws ConfigurationException {
    String name = directive.name();
    List<DirectiveRule> named = rules.get(name);
    if (named == null) {
      throw directive.error("unknown directive \"" + name + "\"");
    }
    for (DirectiveRule rule : named) {
      if (!rule.contexts().contains(context)) {
        continue;
      }
      if (!rule.isBlock() && directive.block() != null) {
        throw directive.error("directive \"" + name + "\" is not terminated by \";\"");
      }
      if (rule.isBlock() && directive.block() == null) {
        throw directive.error("directive \"" + name + "\" has no opening \"{\"");
      }
      if (!rule.takes(directive.arity())) {
        throw directive.error("invalid number of arguments in \"" + name + "\" directive");
      }
      return rule;
    }
    throw directive.error("\"" + name + "\" directive is not allowed here");
  }

  private Setter setter(String name, Context context) {
    Setter setter = setters.get(name + "@" + context.text());
    if (setter == null) {
      setter = setters.get(name);
    }
    if (setter == null) {
      throw new IllegalStateException("no setter for " + name);
    }
    return setter;
  }
}
