package org.culvert.directive;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Directive.Block;
import org.culvert.conf.Position;
import org.culvert.conf.Source;
import org.culvert.conf.Word;
import org.culvert.content.StockMediaTypes;
import org.culvert.directive.ConfigurationReader.Options;
import org.culvert.directive.PcreText.InvalidPatternException;
import org.culvert.http.MediaTypes;
import org.culvert.http.Octets;
import org.culvert.observe.AccessLogSettings.Buffering;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.Regex;
import org.culvert.variable.Template;
import org.culvert.variable.Variable;
import org.culvert.variable.VariableTable;
import org.culvert.variable.VariableTable.UnknownVariableException;
import org.jspecify.annotations.Nullable;

/**
 * One configuration while it is read: what directives anywhere in it share. Lives as long as the
 * reading does, on one thread.
 */
final class Reading {
  private final Source main;
  private final Options options;
  private final List<Word> compiled = new ArrayList<>();
  private final VariableTable variables = Variables.all();
  private final Map<String, MediaTypes> stockTypes = new HashMap<>();
  private final Warnings warnings = new Warnings();
  private final Map<String, Buffering> bufferings = new HashMap<>();
  private final UpstreamTable upstreams;
  private final ZoneTable zones = new ZoneTable();

  Reading(Source main, Options options, HostLookup hosts) {
    this.main = main;
    this.options = options;
    this.upstreams = new UpstreamTable(hosts);
  }

  Options options() {
    return options;
  }

  VariableTable variables() {
    return variables;
  }

  Warnings warnings() {
    return warnings;
  }

  /** How the access logs of each path are buffered. */
  Map<String, Buffering> bufferings() {
    return bufferings;
  }

  UpstreamTable upstreams() {
    return upstreams;
  }

  ZoneTable zones() {
    return zones;
  }

  /** Applies all directives of a block. */
  void apply(List<Directive> directives, Level level) throws ConfigurationException {
    for (Directive directive : directives) {
      DirectiveTable.instance().apply(directive, level, this);
    }
  }

  /** Applies what stands in a directive's block. */
  void block(Directive directive, Level level) throws ConfigurationException {
    apply(contents(directive).directives(), level);
  }

  /** A block directive's block. */
  static Block contents(Directive directive) {
    Block block = directive.block();
    if (block == null) {
      throw new IllegalStateException(directive.name() + " has no block");
    }
    return block;
  }

  /** The lines of a block that holds no directives but data: {@code types}, {@code map}. */
  static List<Directive> lines(Directive directive) throws ConfigurationException {
    for (Directive line : contents(directive).directives()) {
      if (line.block() != null) {
        throw line.error("unexpected \"{\"");
      }
    }
    return contents(directive).directives();
  }

  /** Compiles a directive's argument. */
  Template template(Directive directive, int n) throws ConfigurationException {
    return template(directive.words().get(n));
  }

  /** Compiles a text of our own. */
  Template template(String text) throws ConfigurationException {
    return template(new Word(text, new Position("culvert", 0)));
  }

  /** Compiles a text with variables, which a later line may define. */
  Template template(Word word) throws ConfigurationException {
    return template(word, UnaryOperator.identity());
  }

  /** Compiles a text whose variables are changed before use. */
  Template template(Word word, UnaryOperator<Variable> each) throws ConfigurationException {
    return template(word, each, each);
  }

  /** Compiles a text whose variables, and whose captures, are changed before use. */
  Template template(Word word, UnaryOperator<Variable> named, UnaryOperator<Variable> captures)
      throws ConfigurationException {
    try {
      Template template = variables.compile(word.text(), named, captures);
      if (!template.isConstant()) {
        compiled.add(word);
      }
      return template;
    } catch (UnknownVariableException e) {
      throw new ConfigurationException(String.valueOf(e.getMessage()), word.position());
    }
  }

  /** Binds all variables; the first that nobody defined is an error where it is used. */
  void resolveVariables() throws ConfigurationException {
    try {
      variables.resolveAll();
    } catch (UnknownVariableException e) {
      throw new ConfigurationException(
          String.valueOf(e.getMessage()), userOf(String.valueOf(e.getMessage())));
    }
  }

  private @Nullable Position userOf(String message) {
    String name = message.replaceAll("^unknown \"|\" variable$", "");
    Pattern use =
        Pattern.compile(
            "\\$(\\{" + name + "\\}|" + name + "(?![A-Za-z0-9_]))", Pattern.CASE_INSENSITIVE);
    for (Word word : compiled) {
      if (use.matcher(word.text()).find()) {
        return word.position();
      }
    }
    return null;
  }

  /** The name of a variable that a directive makes. */
  String variableName(Directive directive, int n) throws ConfigurationException {
    String text = directive.arg(n);
    if (text.length() < 2 || !text.startsWith("$")) {
      throw directive.error("invalid variable name \"" + text + "\"");
    }
    String name = text.substring(1);
    if (variables.isFixed(name)) {
      throw directive.error("the duplicate \"" + name + "\" variable");
    }
    return name;
  }

  /** Compiles a regular expression, whose named groups become variables. */
  Regex regex(String pattern, boolean ignoreCase, Directive at) throws ConfigurationException {
    try {
      Regex regex = Pcre.compile(pattern, ignoreCase);
      for (String name : regex.names().keySet()) {
        if (variables.isFixed(name)) {
          throw at.error("the duplicate \"" + name + "\" variable");
        }
        variables.slot(name);
      }
      return regex;
    } catch (InvalidPatternException e) {
      throw at.error(String.valueOf(e.getMessage()));
    }
  }

  /** Compiles one whose groups become the captures of the request that it matches. */
  CapturingRegex capturing(String pattern, boolean ignoreCase, Directive at)
      throws ConfigurationException {
    return CapturingRegex.of(regex(pattern, ignoreCase, at), variables);
  }

  /** The slots that a regular expression's named groups fill, by group number. */
  Map<Integer, Integer> slots(Regex regex) {
    return CapturingRegex.of(regex, variables).slots();
  }

  /** A path made absolute: relative to the prefix ({@code ngx_conf_full_name}). */
  String path(String text) {
    return text.startsWith("/") ? text : Octets.of(options.prefix()) + "/" + text;
  }

  /** The types of nginx's mime.types. */
  MediaTypes stockTypes(String otherwise) {
    return stockTypes.computeIfAbsent(otherwise, StockMediaTypes::load);
  }

  /** The path of a directive's first argument, relative to the configuration file's folder. */
  String configurationPath(Directive directive) throws ConfigurationException {
    try {
      return main.path(directive.arg(1));
    } catch (InvalidPathException e) {
      throw directive.error("invalid file name \"" + directive.arg(1) + "\"");
    }
  }

  /** The path of a certificate or key, which must be there to be read. */
  String readablePath(Directive directive, String what) throws ConfigurationException {
    String file = configurationPath(directive);
    if (Files.isReadable(Path.of(file))) {
      return file;
    }
    String reason = Files.exists(Path.of(file)) ? "Permission denied" : "No such file or directory";
    throw directive.error("cannot load " + what + " \"" + file + "\": " + reason);
  }
}
