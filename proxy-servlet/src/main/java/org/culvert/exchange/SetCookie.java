package org.culvert.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.culvert.exchange.ProxySettings.CookieFlags;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * A Set-Cookie field while it is rewritten (nginx, {@code ngx_http_proxy_rewrite_cookie}; RFC 6265,
 * section 4.1.1). One that nothing was changed of is passed on as it came.
 */
final class SetCookie {
  private static final List<String> SAME_SITE = List.of("Strict", "Lax", "None");

  private static final Set<String> KNOWN =
      Set.of(
          "secure",
          "nosecure",
          "httponly",
          "nohttponly",
          "samesite=strict",
          "samesite=lax",
          "samesite=none",
          "nosamesite");

  /** The cookie, then its attributes; a value of null has no "=". */
  private record Attribute(String name, @Nullable String value) {
    boolean is(String other) {
      return name.equalsIgnoreCase(other);
    }

    @Override
    public String toString() {
      return value == null ? name : name + "=" + value;
    }
  }

  /** What becomes of a value; null leaves it. */
  interface Change {
    @Nullable String of(String value);
  }

  private final String field;
  private final List<Attribute> attributes = new ArrayList<>();
  private boolean changed;

  SetCookie(String field) {
    this.field = field;
    for (String part : field.split(";", -1)) {
      int equals = part.indexOf('=');
      attributes.add(
          equals < 0
              ? new Attribute(part.strip(), null)
              : new Attribute(
                  part.substring(0, equals).strip(), part.substring(equals + 1).strip()));
    }
  }

  /** Whether it is one: a name, "=", and a value. */
  boolean isCookie() {
    return attributes.get(0).value != null;
  }

  /** Changes the values of an attribute. */
  void change(String name, Change change) {
    for (int i = 1; i < attributes.size(); i++) {
      String value = attributes.get(i).value;
      if (attributes.get(i).is(name) && value != null) {
        String instead = change.of(value);
        if (instead != null) {
          attributes.set(i, new Attribute(attributes.get(i).name, instead));
          changed = true;
        }
      }
    }
  }

  /** Applies the first rule that is for this cookie. */
  void flag(List<CookieFlags> rules, Scope scope) {
    for (CookieFlags rule : rules) {
      if (rule.isFor(attributes.get(0).name, scope)) {
        List<String> flags =
            rule.flags().stream()
                .map(flag -> flag.evaluate(scope).toLowerCase(Locale.ROOT))
                .toList();
        if (flags.stream().anyMatch(KNOWN::contains)) {
          changed = true;
          flag("Secure", flags);
          flag("HttpOnly", flags);
          sameSite(flags);
        }
        return;
      }
    }
  }

  private void flag(String name, List<String> flags) {
    String flag = name.toLowerCase(Locale.ROOT);
    if (flags.contains(flag)) {
      if (attributes.stream().skip(1).noneMatch(a -> a.is(name))) {
        attributes.add(new Attribute(name, null));
      }
    } else if (flags.contains("no" + flag)) {
      remove(name);
    }
  }

  private void sameSite(List<String> flags) {
    for (String value : SAME_SITE) {
      if (flags.contains("samesite=" + value.toLowerCase(Locale.ROOT))) {
        sameSite(value);
        return;
      }
    }
    if (flags.contains("nosamesite")) {
      remove("SameSite");
    }
  }

  private void sameSite(String value) {
    for (int i = 1; i < attributes.size(); i++) {
      Attribute attribute = attributes.get(i);
      if (attribute.is("SameSite")) {
        if (!value.equalsIgnoreCase(attribute.value)) {
          attributes.set(i, new Attribute("SameSite", value));
        }
        return;
      }
    }
    attributes.add(new Attribute("SameSite", value));
  }

  private void remove(String name) {
    Attribute cookie = attributes.remove(0);
    attributes.removeIf(attribute -> attribute.is(name));
    attributes.add(0, cookie);
  }

  /** The field that is sent. */
  @Override
  public String toString() {
    return changed
        ? attributes.stream().map(Attribute::toString).collect(Collectors.joining("; "))
        : field;
  }
}
