package org.culvert.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.UnavailableException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.TextSource;
import org.culvert.directive.Configuration;
import org.culvert.directive.ConfigurationReader;
import org.culvert.observe.AccessLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reverse proxy as a servlet. Declared without arguments it looks for its configuration in
 * {@code WEB-INF/culvert.conf} and the places that override it (docs/configuration.md, "Where the
 * file is"); registered in code it takes the configuration's text:
 *
 * <pre>{@code
 * var proxy = context.addServlet("proxy", new ProxyServlet("location /api/ { proxy_pass http://localhost:3000; }"));
 * proxy.setAsyncSupported(true);
 * proxy.setLoadOnStartup(1);
 * proxy.addMapping("/api/*");
 * }</pre>
 *
 * <p>Thread-safe. A servlet that cannot read its configuration does not start: {@link #init} throws
 * an {@link UnavailableException} with nginx's message, file and line, which is in the log too. Its
 * clients get a 503; Tomcat starts it again with the first request five seconds later, by when the
 * file may have been mended.
 */
public final class ProxyServlet extends HttpServlet {
  /**
   * A request's attribute: how many requests came by its connection so far, a {@link Number}. For
   * whoever embeds the container and knows; else it is asked by the container's own means.
   */
  public static final String CONNECTION_REQUESTS = "org.culvert.connection.requests";

  /**
   * A request's attribute: its connection, a {@link org.culvert.http.ClientConnection}, where a
   * front knows more of it than the servlet API tells. The launcher's.
   */
  public static final String CONNECTION = "org.culvert.connection";

  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(ProxyServlet.class);

  /** After which a container that can do so starts it again; the file may have been mended. */
  private static final int RETRY_SECONDS = 5;

  private final ConfigurationReader.Form form;
  private transient ConfigurationLookup.@Nullable Found found;
  private transient @Nullable Configuration configuration;
  private transient @Nullable RuntimeSwitch runtimes;
  private transient @Nullable Upgrades upgrades;
  private transient @Nullable Reloading reloading;

  /** A servlet that finds its configuration when it starts. */
  public ProxyServlet() {
    this(ConfigurationReader.Form.WAR, null, null);
  }

  /**
   * A servlet with the given configuration.
   *
   * @param configuration text in nginx's language: what stands inside {@code server}, with {@code
   *     upstream} and {@code map}, or a whole nginx.conf
   */
  public ProxyServlet(String configuration) {
    this(
        ConfigurationReader.Form.WAR,
        new ConfigurationLookup.Found(new TextSource("culvert.conf", configuration), "."),
        null);
  }

  private ProxyServlet(
      ConfigurationReader.Form form,
      ConfigurationLookup.@Nullable Found found,
      @Nullable Configuration configuration) {
    this.form = form;
    this.found = found;
    this.configuration = configuration;
  }

  /** The servlet that {@link ProxyFilter} hands to what a location claims. */
  static ProxyServlet behindFilter(ConfigurationLookup.Found found) {
    return new ProxyServlet(ConfigurationReader.Form.JAR, found, null);
  }

  /** The launcher's: it owns the sockets, and nobody else reads the path. */
  public static ProxyServlet forLauncher(Configuration configuration) {
    return new ProxyServlet(ConfigurationReader.Form.LAUNCHER, null, configuration);
  }

  @Override
  public void init() throws ServletException {
    Configuration first;
    try {
      first = checked(read());
      runtimes = new RuntimeSwitch(first);
    } catch (ConfigurationException broken) {
      throw unavailable(broken.located());
    }
    upgrades = Upgrades.register(getServletContext());
    ConfigurationLookup.Found place = found;
    if (place != null) {
      reloading = new Reloading(place, options(place), first, this::reload);
      reloading.open(getServletContext(), getServletName());
    }
  }

  /** Of another exception a container may show its stack to the client (Servlet 6.0, 2.3.3.2). */
  private static UnavailableException unavailable(String message) {
    log.error("[emerg] {}", message);
    return new UnavailableException("[emerg] " + message, RETRY_SECONDS);
  }

  private Configuration read() throws ConfigurationException, ServletException {
    if (configuration != null) {
      return configuration;
    }
    ConfigurationLookup.Found place =
        found == null ? ConfigurationLookup.find(getServletContext(), true) : found;
    if (place == null) {
      throw unavailable(ConfigurationLookup.whereToPutIt());
    }
    found = place;
    return ConfigurationReader.read(place.source(), options(place));
  }

  private ConfigurationReader.Options options(ConfigurationLookup.Found place) {
    return new ConfigurationReader.Options(form, place.prefix());
  }

  /** Refuses at once what this container can never do. */
  private Configuration checked(Configuration next) throws ConfigurationException {
    String refusal = next.tunnels() ? TunnelFront.refusal(getServletContext()) : null;
    if (refusal != null) {
      throw new ConfigurationException(refusal, null);
    }
    return next;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (!handle(request, response)) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  /**
   * Answers a request, or starts to.
   *
   * @return false when it is not Culvert's: no location claims it, or it is an asynchronous
   *     dispatch of the application's own
   */
  boolean handle(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (request.getDispatcherType() == DispatcherType.ASYNC) {
      AsyncRequest.cutShort(request);
      return PendingUpgrade.completeIn(request, response);
    }
    ProxyRuntime runtime = hold();
    if (runtime == null) {
      response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      return true;
    }
    ServletCall call = new ServletCall(request, response);
    boolean claimed = run(runtime, new ServletReceived(request), call, call);
    call.await();
    return claimed;
  }

  /**
   * Answers a request that did not come by the servlet container, or starts to. The launcher's.
   *
   * @return false when the proxy has ended: nothing was answered
   */
  public boolean handle(ReceivedRequest request, ClientCall call) {
    ProxyRuntime runtime = hold();
    if (runtime == null) {
      return false;
    }
    ClientSwitch client = call.connection();
    return run(runtime, request, call, client == null ? null : new JettyClientUpgrade(client));
  }

  private boolean run(
      ProxyRuntime runtime,
      ReceivedRequest request,
      ClientCall call,
      @Nullable UpgradeCall upgrade) {
    Upgrades ways = upgrades;
    UpgradeWay way =
        ways == null || upgrade == null
            ? null
            : (cycle, mode, offer) -> ways.cycle(cycle, upgrade, mode, offer);
    boolean claimed = false;
    try {
      RequestCycle cycle = Admission.of(form, runtime, request, call, way);
      claimed = cycle != null;
      if (cycle != null) {
        cycle.run();
      }
      return claimed;
    } finally {
      if (!claimed) {
        runtime.release();
      }
    }
  }

  private @Nullable ProxyRuntime hold() {
    RuntimeSwitch current = runtimes;
    return current == null ? null : current.hold();
  }

  /**
   * Reads the configuration again from where it was found and puts it to work for the requests from
   * now on; those under way end with the old one. A broken configuration changes nothing.
   *
   * @throws ConfigurationException with file and line
   */
  public void reload() throws ConfigurationException {
    ConfigurationLookup.Found place = found;
    if (place != null) {
      reload(ConfigurationReader.read(place.source(), options(place)));
    }
  }

  /** Puts a configuration that was read already to work: as {@link #reload()}. */
  public void reload(Configuration next) throws ConfigurationException {
    reload(next, () -> {});
  }

  /**
   * Puts a configuration that was read already to work: as {@link #reload()}.
   *
   * @param formerEnded told, on any thread, when the last request and WebSocket of the
   *     configuration before has ended
   */
  public void reload(Configuration next, Runnable formerEnded) throws ConfigurationException {
    RuntimeSwitch current = runtimes;
    if (current != null) {
      current.replace(checked(next), formerEnded);
    }
  }

  /** Opens the access logs anew by their names, after a log rotation. */
  public void reopen() {
    AccessLog.reopenAll();
  }

  /** Logs a request that the connector refused: the launcher's, which has nobody else to do it. */
  public void refused(RefusedRequest request) {
    ProxyRuntime runtime = hold();
    if (runtime != null) {
      try {
        request.log(runtime);
      } finally {
        runtime.release();
      }
    }
  }

  /**
   * Answers a request that the connector refused, as its server answers such ones. The launcher's.
   *
   * @return false when the proxy has ended: nothing was answered
   */
  public boolean refuse(RefusedRequest request, ClientCall call) {
    ProxyRuntime runtime = hold();
    if (runtime == null) {
      return false;
    }
    request.cycle(runtime, call).run();
    return true;
  }

  @Override
  public void destroy() {
    Reloading control = reloading;
    if (control != null) {
      control.close();
    }
    Upgrades open = upgrades;
    if (open != null) {
      open.close();
    }
    RuntimeSwitch current = runtimes;
    if (current != null) {
      current.close();
    }
    runtimes = null;
    RecordEquality.forget();
  }
}
