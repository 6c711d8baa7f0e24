package org.culvert.variable;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The names that a configuration may use. Filled while the configuration is read, on one thread;
 * afterwards the compiled templates alone are used. A template may name a variable that a later
 * line defines; {@link #resolveAll} says at the end which name nobody defined. Names are compared
 * without regard to case.
 */
public final class VariableTable {
  /**
   * The slot that stands for {@code $args} in {@code set}: setting it changes the request's query
   * instead of a value of its own.
   */
  public static final int ARGS = 0;

  /** The slot of {@code $limit_rate}, which {@code set} and a backend's answer may change. */
  public static final int LIMIT_RATE = 1;

  private static final Set<String> SETTABLE = Set.of("args", "limit_rate");

  /** Thrown for a name that nobody defined, or that is none; the message is nginx's. */
  public static final class UnknownVariableException extends Exception {
    private static final long serialVersionUID = 1L;

    /** For the name without "$": unknown "x" variable. */
    public UnknownVariableException(String name) {
      super("unknown \"" + name + "\" variable");
    }

    private UnknownVariableException(String message, boolean isMessage) {
      super(message);
      assert isMessage;
    }

    static UnknownVariableException malformed(String message) {
      return new UnknownVariableException(message, true);
    }
  }

  private final Map<String, Variable> builtIns = new HashMap<>();
  private final Map<String, Function<String, Variable>> prefixes = new LinkedHashMap<>();
  private final Map<String, Integer> slots = new HashMap<>();
  private final Map<String, Variable> computed = new HashMap<>();
  private final Set<LateBound> used = new LinkedHashSet<>();

  /** A table without variables of its own. */
  public VariableTable() {
    slots.put("args", ARGS);
    slots.put("limit_rate", LIMIT_RATE);
  }

  /** Defines a built-in variable. */
  public void define(String name, Variable variable) {
    builtIns.put(lower(name), variable);
  }

  /** Defines all names with a prefix, {@code http_} for instance; the function gets the rest. */
  public void definePrefix(String prefix, Function<String, Variable> variables) {
    prefixes.put(lower(prefix), variables);
  }

  /** Defines what {@code map} makes. The last definition of a name holds, as in nginx. */
  public void compute(String name, Variable variable) {
    computed.put(lower(name), variable);
  }

  /**
   * The slot of a variable that {@code set} or a named capture makes; made when new. Ask {@link
   * #isFixed} first.
   */
  public int slot(String name) {
    return slots.computeIfAbsent(lower(name), n -> slots.size());
  }

  /** A slot without a name, to keep a value for the length of a request. */
  public int anonymousSlot() {
    return slot(" " + slots.size());
  }

  /**
   * Whether the name is a built-in one that no {@code set}, {@code map} or capture may take; nginx:
   * the duplicate "x" variable.
   */
  public boolean isFixed(String name) {
    return builtIns.containsKey(lower(name)) && !SETTABLE.contains(lower(name));
  }

  /**
   * Compiles nginx's "complex value": {@code $name}, {@code ${name}}, {@code $1} to {@code $9}; "$"
   * that is followed by no name character is an error in nginx ("invalid variable name").
   *
   * @throws UnknownVariableException for what cannot be a name; unknown names are reported by
   *     {@link #resolveAll}
   */
  public Template compile(String text) throws UnknownVariableException {
    return compile(text, UnaryOperator.identity());
  }

  /**
   * Compiles a complex value whose variables are changed before they are used, escaped for a log
   * for instance.
   *
   * @param each makes of a variable the one whose value is put in
   */
  public Template compile(String text, UnaryOperator<Variable> each)
      throws UnknownVariableException {
    return compile(text, each, each);
  }

  /** The same with another change of {@code $1} to {@code $9}. */
  public Template compile(
      String text, UnaryOperator<Variable> named, UnaryOperator<Variable> captures)
      throws UnknownVariableException {
    return text.indexOf('$') < 0
        ? Template.constant(text)
        : new TemplateParser(text, name -> named.apply(reference(name)), captures).parse();
  }

  /** The variable of that name, which a later line may define. */
  public Variable reference(String name) {
    LateBound reference = new LateBound(lower(name));
    used.add(reference);
    return reference;
  }

  /** The variable of that name, which must be defined by now. */
  public Variable lookup(String name) throws UnknownVariableException {
    Variable found = findOrNull(lower(name));
    if (found == null) {
      throw new UnknownVariableException(lower(name));
    }
    return found;
  }

  /**
   * Binds every name that was used; to be called once the whole configuration is read.
   *
   * @throws UnknownVariableException for the first one, in the order of use, that nobody defined
   */
  public void resolveAll() throws UnknownVariableException {
    for (LateBound reference : used) {
      reference.bound = lookup(reference.name);
    }
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private @Nullable Variable findOrNull(String name) {
    Variable builtIn = builtIns.get(name);
    if (builtIn != null) {
      return builtIn;
    }
    Variable made = computed.get(name);
    Integer slot = slots.get(name);
    if (made != null && slot != null) {
      return scope -> scope.slot(slot) != null ? scope.slot(slot) : made.value(scope);
    }
    if (made != null) {
      return made;
    }
    if (slot != null) {
      return scope -> scope.slot(slot);
    }
    for (Map.Entry<String, Function<String, Variable>> prefix : prefixes.entrySet()) {
      if (name.startsWith(prefix.getKey()) && name.length() > prefix.getKey().length()) {
        return prefix.getValue().apply(name.substring(prefix.getKey().length()));
      }
    }
    return null;
  }

  /** A use of a name, bound when all names are known. */
  private final class LateBound implements Variable {
    private final String name;
    private @Nullable Variable bound;

    private LateBound(String name) {
      this.name = name;
    }

    @Override
    public @Nullable String value(Scope scope) {
      Variable variable = bound;
      if (variable == null) {
        // Only where a table is used without resolveAll, in tests for instance.
        variable = findOrNull(name);
        bound = variable;
      }
      return variable == null ? null : variable.value(scope);
    }
  }
}
