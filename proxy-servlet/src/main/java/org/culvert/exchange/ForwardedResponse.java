package org.culvert.exchange;

import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.culvert.exchange.ProxySettings.Ranges;
import org.culvert.exchange.ProxySettings.ResponseRules;
import org.culvert.exchange.ProxySettings.Rewrite;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.HopByHop;
import org.culvert.http.ResponseHead;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/**
 * The response rules: from a peer's head to the one that the client gets, {@code add_header} not
 * yet applied. Hop-by-hop fields are removed here and nowhere else.
 */
public final class ForwardedResponse {
  private static final NavigableSet<String> KEPT_BY_REDIRECT =
      new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

  static {
    KEPT_BY_REDIRECT.addAll(
        List.of(
            "Content-Type",
            "Set-Cookie",
            "Content-Disposition",
            "Cache-Control",
            "Expires",
            "Accept-Ranges"));
  }

  private ForwardedResponse() {}

  /**
   * Whether the location answers in this answer's place: {@code proxy_intercept_errors} and an
   * {@code error_page} for its status.
   */
  public static boolean intercepted(
      ResponseHead answer, ResponseRules rules, LocationRules location) {
    return rules.interceptErrors()
        && answer.status() >= 300
        && location.hasErrorPage().test(answer.status());
  }

  /** The fields of an intercepted answer that the location's answer keeps. */
  public static HeaderFields kept(ResponseHead answer) {
    HeaderFields fields = new HeaderFields();
    answer.fields().all("WWW-Authenticate").forEach(v -> fields.add("WWW-Authenticate", v));
    return fields;
  }

  /** {@code X-Accel-Limit-Rate}: the bytes in a second at which the client is sent the answer. */
  static void limitRate(ResponseHead answer, ResponseRules rules, Scope scope) {
    String rate = answer.fields().first("X-Accel-Limit-Rate");
    if (rate != null
        && rate.matches("\\d{1,15}")
        && !rules.ignore().contains("x-accel-limit-rate")) {
      scope.slot(VariableTable.LIMIT_RATE, rate);
    }
  }

  /** Where {@code X-Accel-Redirect} sends the request, or null. */
  static @Nullable String redirect(ResponseHead answer, ResponseRules rules) {
    return rules.ignore().contains("x-accel-redirect")
        ? null
        : answer.fields().first("X-Accel-Redirect");
  }

  /**
   * The fields of an answer with {@code X-Accel-Redirect} that are the client's ({@code
   * ngx_http_upstream_headers_in}, those with its redirect flag), whether they are hidden or not.
   */
  static HeaderFields keptByRedirect(HeaderFields peers, ResponseRules rules, Scope scope) {
    String contextPath = scope.get(RequestFacts.class).contextPath();
    HeaderFields kept = new HeaderFields();
    for (HeaderField field : peers) {
      if (KEPT_BY_REDIRECT.contains(field.name())) {
        kept.add(field.name(), rewritten(field, rules, scope, contextPath));
      }
    }
    return kept;
  }

  /** Applies the rules. */
  public static ResponseHead of(ResponseHead answer, ResponseRules rules, Scope scope) {
    String contextPath = scope.get(RequestFacts.class).contextPath();
    HeaderFields peers = new HeaderFields(answer.fields());
    HopByHop.strip(peers);
    HeaderFields fields = new HeaderFields();
    for (HeaderField field : peers) {
      if (!isHidden(field, rules)) {
        String value = rewritten(field, rules, scope, contextPath);
        fields.add(value.equals(field.value()) ? field : new HeaderField(field.name(), value));
      }
    }
    return new ResponseHead(answer.status(), answer.reason(), fields);
  }

  private static boolean isHidden(HeaderField field, ResponseRules rules) {
    return rules.hide().contains(field.name())
        || (rules.ranges() != Ranges.BACKENDS && field.is("Accept-Ranges"));
  }

  private static String rewritten(
      HeaderField field, ResponseRules rules, Scope scope, String contextPath) {
    String value = field.value();
    if (field.is("Location")) {
      String location = redirect(value, rules, scope, contextPath);
      if (!location.equals(value)) {
        scope.put(ProxyRedirected.class, new ProxyRedirected(location));
      }
      return location;
    }
    if (field.is("Refresh")) {
      return refresh(value, rules, scope, contextPath);
    }
    return field.is("Set-Cookie") ? cookie(value, rules, scope, contextPath) : value;
  }

  private static String redirect(
      String value, ResponseRules rules, Scope scope, String contextPath) {
    if (rules.redirects().isEmpty()) {
      return value;
    }
    String changed = rewrite(value, rules.redirects(), scope, false);
    return inContext(changed == null ? value : changed, contextPath);
  }

  private static String refresh(
      String value, ResponseRules rules, Scope scope, String contextPath) {
    int url = value.toLowerCase(Locale.ROOT).indexOf("url=");
    return url < 0
        ? value
        : value.substring(0, url + 4)
            + redirect(value.substring(url + 4), rules, scope, contextPath);
  }

  /** A path of the location is one below the application's. */
  private static String inContext(String value, String contextPath) {
    boolean there = value.equals(contextPath) || value.startsWith(contextPath + "/");
    return there || !value.startsWith("/") || value.startsWith("//") ? value : contextPath + value;
  }

  private static String cookie(String value, ResponseRules rules, Scope scope, String contextPath) {
    SetCookie cookie = new SetCookie(value);
    if (!cookie.isCookie()) {
      return value;
    }
    cookie.change("domain", v -> rewrite(v, rules.cookieDomains(), scope, true));
    cookie.change(
        "path",
        v -> {
          String path = rewrite(v, rules.cookiePaths(), scope, false);
          return path == null ? null : inContext(path, contextPath);
        });
    cookie.flag(rules.cookieFlags(), scope);
    return cookie.toString();
  }

  /** The first rule that matches, applied; null when none does. */
  private static @Nullable String rewrite(
      String value, List<Rewrite> rules, Scope scope, boolean whole) {
    for (Rewrite rule : rules) {
      String changed =
          rule instanceof Rewrite.Prefix prefix
              ? literal(value, prefix, scope, whole)
              : pattern(value, (Rewrite.Pattern) rule, scope);
      if (changed != null) {
        return changed;
      }
    }
    return null;
  }

  private static @Nullable String literal(
      String value, Rewrite.Prefix rule, Scope scope, boolean whole) {
    String match = rule.match().evaluate(scope);
    if (whole) {
      String dot = value.startsWith(".") ? "." : "";
      return undotted(value).equalsIgnoreCase(undotted(match))
          ? dot + rule.replacement().evaluate(scope)
          : null;
    }
    return value.startsWith(match)
        ? rule.replacement().evaluate(scope) + value.substring(match.length())
        : null;
  }

  private static String undotted(String domain) {
    return domain.startsWith(".") ? domain.substring(1) : domain;
  }

  private static @Nullable String pattern(String value, Rewrite.Pattern rule, Scope scope) {
    return rule.match().find(value, scope) ? rule.replacement().evaluate(scope) : null;
  }
}
