package org.culvert.directive;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.culvert.access.AccessPolicy;
import org.culvert.access.RealIp;
import org.culvert.content.StaticSettings;
import org.culvert.content.TryFiles;
import org.culvert.encoding.GzipSettings;
import org.culvert.exchange.ProxySettings;
import org.culvert.limit.Limits;
import org.culvert.observe.AccessLogSettings;
import org.culvert.rewrite.AddHeader;
import org.culvert.rewrite.ErrorPage;
import org.culvert.rewrite.Expires;
import org.culvert.rewrite.Redirects;
import org.culvert.rewrite.Referers;
import org.culvert.rewrite.RewriteRun;
import org.culvert.rewrite.RewriteStep;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One location or {@code if} in one, everything inherited and merged. Also what a server does when
 * no location matches.
 *
 * @param name as configured, for messages: "/api", "~ \.php$", "@fallback"
 * @param captureNames numbers of the location's own regex groups by name, to the slots they fill
 * @param internal {@code internal}: for internal redirects only, 404 for who asks for it
 * @param steps {@code set}, {@code if}, {@code rewrite}, {@code break} and {@code return}, run when
 *     the location is chosen
 * @param branches what holds where an {@code if} of {@code steps} was the last that held, by number
 * @param realIp whom a request is from, asked before {@code access}
 * @param access {@code allow}, {@code deny}, {@code auth_basic} and {@code satisfy}, looked at when
 *     nothing returned
 * @param limits {@code limit_req} and {@code limit_conn}, asked before {@code access}
 * @param limited {@code limit_except}, or null
 * @param files {@code root} or {@code alias}, and {@code types}, whoever answers: variables, {@code
 *     try_files} and {@code return} read it
 * @param tryFiles {@code try_files}, or null
 * @param handler who answers when nothing returned
 * @param errorPages in order; the first that has the code wins
 * @param recursiveErrorPages whether the page of an error may have an error page itself
 * @param redirects what a Location of our own looks like
 * @param addHeaders {@code add_header}
 * @param addTrailers {@code add_trailer}
 * @param expires {@code expires}
 * @param gzip {@code gzip*} and {@code gunzip}
 * @param referers {@code valid_referers}, or null
 * @param maxBodySize {@code client_max_body_size} in bytes; 0 unlimited
 * @param sendTimeout {@code send_timeout}: between two writes to the client
 * @param client how the client's connection is treated
 * @param accessLogs where the line goes; empty when off
 */
public record LocationSettings(
    String name,
    Map<Integer, Integer> captureNames,
    boolean internal,
    List<RewriteStep> steps,
    List<LocationSettings> branches,
    RealIp realIp,
    AccessPolicy access,
    Limits limits,
    @Nullable Limited limited,
    StaticSettings files,
    @Nullable TryFiles tryFiles,
    Handler handler,
    List<ErrorPage> errorPages,
    boolean recursiveErrorPages,
    Redirects redirects,
    List<AddHeader> addHeaders,
    List<AddHeader> addTrailers,
    Expires expires,
    GzipSettings gzip,
    @Nullable Referers referers,
    long maxBodySize,
    Duration sendTimeout,
    ClientSettings client,
    List<AccessLogSettings> accessLogs) {

  /**
   * {@code limit_except}.
   *
   * @param except the methods that it is not for
   * @param settings what holds for all others instead of the location's own, rewriting too
   */
  public record Limited(Set<String> except, LocationSettings settings) {}

  /** Tells a request's variables what they read of the location that it is in. */
  public void describe(Scope scope) {
    scope.put(StaticSettings.class, files);
    scope.put(Referers.class, referers);
  }

  /** These settings, and those of every {@code if} and {@code limit_except} in the location. */
  Stream<LocationSettings> variants() {
    Stream<LocationSettings> inner =
        limited == null
            ? branches.stream()
            : Stream.concat(branches.stream(), Stream.of(limited.settings));
    return Stream.concat(Stream.of(this), inner.flatMap(LocationSettings::variants));
  }

  /** What holds for a method. */
  public LocationSettings forMethod(String method) {
    return limited == null || limited.except.contains(method) ? this : limited.settings;
  }

  /** What holds after its rewriting: where an {@code if} held, what that says. */
  public LocationSettings after(RewriteRun run) {
    return run.branch() < 0 ? this : branches.get(run.branch());
  }

  /** Who answers. */
  public sealed interface Handler {
    /** {@code proxy_pass}. */
    record Proxy(ProxySettings settings) implements Handler {}

    /** {@code root} or {@code alias}. */
    record Static() implements Handler {}

    /**
     * Neither: in the JAR the request is the application's; elsewhere nginx's default, the folder
     * "html" under the prefix.
     */
    record None() implements Handler {}
  }
}
