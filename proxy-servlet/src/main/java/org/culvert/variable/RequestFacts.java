package org.culvert.variable;

import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.culvert.http.ClientConnection;
import org.culvert.http.MediaTypes;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.jspecify.annotations.Nullable;

/**
 * What the request's variables read. A facet of the scope. {@code $uri} and {@code $args} follow an
 * internal redirect, {@code $request_uri} does not.
 */
public final class RequestFacts {
  private RequestHead head;
  private final ClientConnection connection;
  private final String contextPath;
  private @Nullable String remoteUser;
  private final String host;
  private final String requestUri;
  private final RequestTarget sent;
  private RequestTarget target;
  private boolean internal;
  private boolean rewrittenInPlace;
  private String serverName = "";
  private final String sentMethod;
  private @Nullable RequestFacts parent;
  private @Nullable String mediaType;
  private @Nullable InetSocketAddress realClient;
  private @Nullable String requestId;
  private @Nullable String requestLine;

  /**
   * Facts of one request.
   *
   * @param head as the client sent it; for an extended CONNECT with method GET, {@code Upgrade:
   *     websocket} and {@code Connection: upgrade} put in
   * @param target the target below the context path, which locations are matched against
   * @param connection how it came
   * @param contextPath the application's, "" at the root
   * @param remoteUser the container's authenticated user, or null
   * @param host {@code $host}: the host of the request line or the Host field in lower case,
   *     without port; "" where there is none, then {@code $host} is the server's name
   * @param requestUri {@code $request_uri}: whole, context path included
   */
  public RequestFacts(
      RequestHead head,
      RequestTarget target,
      ClientConnection connection,
      String contextPath,
      @Nullable String remoteUser,
      String host,
      String requestUri) {
    this.head = head;
    this.sentMethod = head.method();
    this.sent = target;
    this.target = target;
    this.connection = connection;
    this.contextPath = contextPath;
    this.remoteUser = remoteUser;
    this.host = host;
    this.requestUri = requestUri;
  }

  /** The client's head; its method is GET once an error's page is fetched. */
  public RequestHead head() {
    return head;
  }

  /** The method that the client sent, an error's page or not. */
  public String sentMethod() {
    return sentMethod;
  }

  /** An error's page is fetched with GET, HEAD staying HEAD (nginx, {@code error_page}). */
  public void becomeGet() {
    if (!head.method().equals("HEAD")) {
      head = new RequestHead("GET", head.target(), head.protocol(), head.fields());
    }
  }

  /** The target now: the client's, or that of the last internal redirect. */
  public RequestTarget target() {
    return target;
  }

  /** An internal redirect. */
  public void redirect(RequestTarget newTarget) {
    target = newTarget;
    internal = true;
    rewrittenInPlace = false;
  }

  /**
   * What {@code rewrite} does.
   *
   * @param inPlace {@code break}: the location stays, and its prefix is not the path's any more
   */
  public void rewrite(RequestTarget newTarget, boolean inPlace) {
    target = newTarget;
    internal = true;
    rewrittenInPlace |= inPlace;
  }

  /** What {@code set $args} does. */
  public void query(String newQuery) {
    target = target.withQuery(newQuery);
  }

  /** What {@code try_files} found: another path; the client's own target is still forwarded. */
  public void found(String path) {
    target = target.withPath(path);
  }

  /** Whether the target is not the client's own any more. */
  public boolean isInternal() {
    return internal;
  }

  /** Whether the path was rewritten within its location, {@code rewrite … break}. */
  public boolean isRewrittenInPlace() {
    return rewrittenInPlace;
  }

  /**
   * Whether the client's path has escapes or "+" (nginx, {@code quoted_uri}, {@code plus_in_uri}).
   */
  public boolean isEscaped() {
    return sent.rawPath().indexOf('%') >= 0 || sent.rawPath().indexOf('+') >= 0;
  }

  /** The same request, to try on it what a configuration would do. */
  public RequestFacts trial() {
    RequestFacts trial =
        new RequestFacts(head, target, connection, contextPath, remoteUser, host, requestUri);
    trial.serverName = serverName;
    trial.realClient = realClient;
    return trial;
  }

  /**
   * The facts of a subrequest: a GET of the same head, by who asks for this one.
   *
   * @param uri its path, normalised; it has no arguments
   */
  public RequestFacts subrequest(String uri) {
    RequestHead get = new RequestHead("GET", head.target(), head.protocol(), head.fields());
    RequestFacts inner =
        new RequestFacts(
            get,
            RequestTarget.internal(uri, null),
            connection,
            contextPath,
            remoteUser,
            host,
            requestUri);
    inner.parent = this;
    inner.internal = true;
    inner.serverName = serverName;
    inner.realClient = realClient;
    inner.requestId = requestId();
    inner.requestLine = requestLine();
    return inner;
  }

  /** Whether it is a subrequest, whose client's request waits for it. */
  public boolean isSubrequest() {
    return parent != null;
  }

  /** {@code $request_method}: the client's request has it, a subrequest not one of its own. */
  public String requestMethod() {
    return parent == null ? head.method() : parent.requestMethod();
  }

  /** The media type that a backend gave to what it redirects to, or null. */
  public @Nullable String mediaType() {
    return mediaType;
  }

  /**
   * A backend gives what it redirects to a media type ({@code X-Accel-Redirect}); null takes it
   * back.
   */
  public void giveMediaType(@Nullable String type) {
    mediaType = type;
  }

  /** The media type of a file or a text: a backend's word, else that of the path. */
  public String mediaType(MediaTypes types) {
    return mediaType == null ? types.of(target.path()) : mediaType;
  }

  /** The client's connection. */
  public ClientConnection connection() {
    return connection;
  }

  /** Whom the request is from: who connected, or whom a trusted proxy names. */
  public InetSocketAddress client() {
    return realClient == null ? connection.remote() : realClient;
  }

  /** Whether a trusted proxy has named the client. */
  public boolean hasRealClient() {
    return realClient != null;
  }

  /** Takes the client that a trusted proxy names; its port is 0 where it is not known. */
  public void client(InetSocketAddress real) {
    realClient = real;
  }

  /** "" at the root. */
  public String contextPath() {
    return contextPath;
  }

  /** {@code auth_basic} has found this user's password right. */
  public void authenticated(String user) {
    remoteUser = user;
  }

  /** The user that the container or {@code auth_basic} has authenticated, or null. */
  public @Nullable String remoteUser() {
    return remoteUser;
  }

  /** {@code $host}. */
  public String host() {
    return host.isEmpty() ? serverName : host;
  }

  /** The host that the request names, "" where it names none. */
  public String requestHost() {
    return host;
  }

  /** {@code $request_uri}. */
  public String requestUri() {
    return requestUri;
  }

  /** {@code $server_name}, known once the server is chosen. */
  public String serverName() {
    return serverName;
  }

  /** {@code $request_id}: 16 random bytes in hexadecimal, the same for the whole request. */
  public String requestId() {
    String id = requestId;
    if (id == null) {
      byte[] bytes = new byte[16];
      ThreadLocalRandom.current().nextBytes(bytes);
      id = HexFormat.of().formatHex(bytes);
      requestId = id;
    }
    return id;
  }

  /** {@code $request}: the request line. */
  public String requestLine() {
    return requestLine == null
        ? sentMethod + " " + requestUri + " " + head.protocol()
        : requestLine;
  }

  /** Takes the line of a request that could not be taken apart. */
  public void requestLine(String line) {
    requestLine = line;
  }

  /** Takes the chosen server's first name. */
  public void serverName(String name) {
    serverName = name;
  }
}
