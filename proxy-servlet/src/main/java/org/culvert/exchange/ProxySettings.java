package org.culvert.exchange;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.culvert.resolver.ResolverSettings;
import org.culvert.variable.CapturingRegex;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * All {@code proxy_*} of one location, inherited and merged as nginx does. Names of header fields
 * in sets are in lower case.
 *
 * @param pass the target
 * @param request what is done to the request
 * @param response what is done to the response
 * @param dialling how a peer is reached
 * @param timeouts how long to wait
 * @param tls towards the upstream, for "https"
 * @param nextUpstream when to try another peer
 * @param webSocket whether and how upgrades are forwarded
 * @param upgradeProtocols what may be upgraded to, in lower case ({@code proxy_upgrade_protocols});
 *     only a tunnel carries anything but "websocket"
 * @param ignoreClientAbort {@code proxy_ignore_client_abort}: go on with the backend when the
 *     client has left
 */
public record ProxySettings(
    ProxyPass pass,
    RequestRules request,
    ResponseRules response,
    Dialling dialling,
    Timeouts timeouts,
    UpstreamTls tls,
    NextUpstream nextUpstream,
    WebSocketMode webSocket,
    Set<String> upgradeProtocols,
    boolean ignoreClientAbort) {

  /** {@code proxy_upgrade_protocols} where nothing is said. */
  public static final Set<String> WEBSOCKET_ALONE = Set.of("websocket");

  /**
   * What is done to a request.
   *
   * @param httpVersion "1.1" or "1.0" ({@code proxy_http_version})
   * @param method {@code proxy_method}, or null for the client's
   * @param body {@code proxy_set_body}, or null for the client's
   * @param setHeaders {@code proxy_set_header}, with nginx's defaults already in it where the
   *     location does not name them: {@code Host $proxy_host} and {@code Connection ""}; an empty
   *     value removes the field
   * @param passHeaders {@code proxy_pass_request_headers}
   * @param passBody {@code proxy_pass_request_body}
   * @param buffering {@code proxy_request_buffering}: dial only when the whole body is here
   * @param bodyBuffering where a buffered body is kept
   */
  public record RequestRules(
      String httpVersion,
      @Nullable Template method,
      @Nullable Template body,
      List<SetHeader> setHeaders,
      boolean passHeaders,
      boolean passBody,
      boolean buffering,
      BodyBuffering bodyBuffering) {}

  /**
   * Where a buffered request body is kept.
   *
   * @param size bytes in memory ({@code client_body_buffer_size}); one that is longer than that, or
   *     by a quarter where its length is known, is in a file
   * @param inFileOnly {@code client_body_in_file_only}
   * @param folder {@code client_body_temp_path}
   */
  public record BodyBuffering(int size, InFileOnly inFileOnly, TempFolder folder) {
    /** In memory, or in the machine's own folder. */
    public static BodyBuffering of(int size) {
      return new BodyBuffering(size, InFileOnly.OFF, TempFolder.SYSTEM);
    }

    /** How many bytes of a body stay in memory; its length is -1 where it is not known. */
    int memory(long length) {
      if (inFileOnly != InFileOnly.OFF) {
        return -1;
      }
      return length >= 0 && length < size + (size >> 2) ? (int) length : size;
    }
  }

  /** {@code client_body_in_file_only}. */
  public enum InFileOnly {
    OFF,
    /** The file is there as long as the request. */
    CLEAN,
    /** The file stays. */
    ON
  }

  /** One {@code proxy_set_header}. */
  public record SetHeader(String name, Template value) {}

  /**
   * What is done to a response.
   *
   * @param hide {@code proxy_hide_header} with nginx's defaults (Date, Server, X-Pad, X-Accel-…),
   *     less what {@code proxy_pass_header} permits; in any case
   * @param ignore {@code proxy_ignore_headers}; lower case
   * @param redirects {@code proxy_redirect}, in order; empty when off
   * @param cookieDomains {@code proxy_cookie_domain}, in order
   * @param cookiePaths {@code proxy_cookie_path}, in order
   * @param cookieFlags {@code proxy_cookie_flags}, in order
   * @param passTrailers {@code proxy_pass_trailers}
   * @param ranges {@code proxy_force_ranges} and {@code max_ranges}
   * @param buffering {@code proxy_buffering}
   * @param bufferSize bytes read ahead of the client, per connection
   * @param headSize bytes of a head at most ({@code proxy_buffer_size})
   * @param interceptErrors {@code proxy_intercept_errors}
   * @param limitRate {@code proxy_limit_rate}: bytes of a body a second, with k, m or g; or null
   */
  public record ResponseRules(
      Set<String> hide,
      Set<String> ignore,
      List<Rewrite> redirects,
      List<Rewrite> cookieDomains,
      List<Rewrite> cookiePaths,
      List<CookieFlags> cookieFlags,
      boolean passTrailers,
      Ranges ranges,
      boolean buffering,
      int bufferSize,
      int headSize,
      boolean interceptErrors,
      @Nullable Template limitRate) {
    /** Rules, in sets that are asked for each field of an answer. */
    public ResponseRules {
      NavigableSet<String> hidden = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      hidden.addAll(hide);
      hide = Collections.unmodifiableNavigableSet(hidden);
    }
  }

  /** Whether an answer is cut to the part that the client asks for. */
  public enum Ranges {
    /** That is the backend's to do. */
    BACKENDS,
    /** Never, nor does the client hear of a backend that could. */
    NONE,
    /** It is ({@code proxy_force_ranges}). */
    FORCED
  }

  /**
   * One {@code proxy_cookie_flags}.
   *
   * @param name of the cookies that it is for; null where {@code regex} says it
   * @param flags {@code secure}, {@code nosecure} and so on; any other word does nothing
   */
  public record CookieFlags(
      @Nullable Template name, @Nullable CapturingRegex regex, List<Template> flags) {
    /** Whether it is for cookies of a name. */
    boolean isFor(String cookie, Scope scope) {
      return regex != null
          ? regex.find(cookie, scope)
          : name != null && name.evaluate(scope).equalsIgnoreCase(cookie);
    }
  }

  /**
   * One rule of {@code proxy_redirect}, {@code proxy_cookie_domain} or {@code proxy_cookie_path}.
   */
  public sealed interface Rewrite {
    /** Replaces a literal prefix (for a cookie's domain: the whole). */
    record Prefix(Template match, Template replacement) implements Rewrite {}

    /**
     * Replaces what a regular expression matches; its groups are {@code $1}… in the replacement.
     */
    record Pattern(CapturingRegex match, Template replacement) implements Rewrite {}
  }

  /**
   * How a peer is reached.
   *
   * @param resolver who knows the addresses of names that variables make ({@code resolver}), or
   *     null for nobody
   * @param resolverTimeout {@code resolver_timeout}
   * @param bind {@code proxy_bind}: the address of this end; "" for any
   * @param keepAlive {@code proxy_socket_keepalive}
   */
  public record Dialling(
      @Nullable ResolverSettings resolver,
      Duration resolverTimeout,
      Template bind,
      boolean keepAlive) {
    /** Nginx's defaults. */
    public static final Dialling USUAL =
        new Dialling(null, Duration.ofSeconds(30), Template.constant(""), false);
  }

  /** {@code proxy_connect_timeout}, {@code proxy_send_timeout}, {@code proxy_read_timeout}. */
  public record Timeouts(Duration connect, Duration send, Duration read) {}

  /**
   * {@code proxy_ssl_*}.
   *
   * @param serverName {@code proxy_ssl_server_name}: send SNI
   * @param name {@code proxy_ssl_name}, or null for {@code $proxy_host}'s host
   * @param verify {@code proxy_ssl_verify}
   * @param trustedCertificate the PEM file of {@code proxy_ssl_trusted_certificate}, or null
   */
  public record UpstreamTls(
      boolean serverName,
      @Nullable Template name,
      boolean verify,
      @Nullable String trustedCertificate) {}

  /**
   * {@code proxy_next_upstream}.
   *
   * @param error next peer on {@code error}
   * @param timeout next peer on {@code timeout}
   * @param invalidHeader next peer on {@code invalid_header}
   * @param nonIdempotent also for POST, LOCK and PATCH once sent
   * @param statuses next peer on these answers
   * @param tries how many attempts at most; 0 as many as there are peers
   * @param timeLimit no further attempt after this; zero none
   */
  public record NextUpstream(
      boolean error,
      boolean timeout,
      boolean invalidHeader,
      boolean nonIdempotent,
      Set<Integer> statuses,
      int tries,
      Duration timeLimit) {}

  /** {@code proxy_websocket}. */
  public enum WebSocketMode {
    /** Not named: as in nginx the location's evaluated Upgrade and Connection decide; as AUTO. */
    BY_HEADERS,
    /** Relay upgrades, with or without the header lines. */
    RELAY,
    /** Tunnel them; what cannot be tunnelled is relayed, with one warning. */
    TUNNEL,
    /** Tunnel where this very connection can be tunnelled, relay elsewhere. */
    AUTO,
    /** Never. */
    OFF;

    /** Whether what can be tunnelled is. */
    public boolean tunnels() {
      return this == BY_HEADERS || this == TUNNEL || this == AUTO;
    }
  }
}
