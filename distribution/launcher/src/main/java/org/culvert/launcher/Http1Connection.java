package org.culvert.launcher;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.culvert.directive.HeadSettings;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.servlet.RefusedRequest;
import org.eclipse.jetty.http.BadMessageException;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's HTTP/1 connection with nginx's ways of ending a head that never becomes whole: {@code
 * client_header_timeout} is for all of it, and who leaves in its midst is answered nothing. It also
 * knows what was read of a head that Jetty refuses, for {@link RefusedRequests}.
 */
final class Http1Connection extends HttpConnection {
  // Set by the superclass's constructor, so they have no initializer.
  private @Nullable Handler handler;
  private @Nullable Parser parser;
  private @Nullable Http1Generator generator;

  private final Duration headTimeout;
  private final HeadBuffers buffers;
  private volatile @Nullable String sentLine;
  private volatile @Nullable HttpException invalidBody;
  private volatile @Nullable GatewayFailure refusal;
  private volatile boolean endedUnanswered;
  private volatile boolean reached;
  private volatile boolean holdsBuffer;
  private final Executor executor = this::execute;
  private final Callback nextRequest =
      Callback.from(InvocationType.NON_BLOCKING, this::onFillable, this::onFillInterestedFailed);

  private final UnderWay underWay;
  private long number = -1;

  private Http1Connection(
      HttpConfiguration configuration,
      Connector connector,
      EndPoint endPoint,
      Duration headTimeout,
      HeadSettings head) {
    super(configuration, connector, endPoint);
    this.headTimeout = headTimeout;
    this.buffers = new HeadBuffers(head);
    this.underWay = new UnderWay(endPoint, connector.getIdleTimeout());
  }

  /** Makes them. */
  static final class Factory extends HttpConnectionFactory {
    private volatile Duration headTimeout = ClientTimes.IDLE;
    private volatile HeadSettings head = HeadSettings.DEFAULT;

    Factory(HttpConfiguration configuration) {
      super(configuration);
    }

    /** Takes a {@code client_header_timeout} for the connections from now on. */
    void headTimeout(Duration time) {
      headTimeout = time;
    }

    /** Takes a server's limits for the connections from now on. */
    void head(HeadSettings settings) {
      head = settings;
      long most =
          settings.bufferSize() + (long) settings.largeBuffers() * settings.largeBufferSize();
      // Our own count is the stricter one.
      getHttpConfiguration().setRequestHeaderSize((int) Math.min(most + 1024, 1 << 30));
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
      Http1Connection connection =
          new Http1Connection(getHttpConfiguration(), connector, endPoint, headTimeout, head);
      connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
      return configure(connection, connector, endPoint);
    }
  }

  /** A request's, or null where it came by HTTP/2. */
  static @Nullable Http1Connection of(Request request) {
    return request.getConnectionMetaData() instanceof Http1Connection http1 ? http1 : null;
  }

  /** Its number, {@code $connection}. */
  long number() {
    if (number < 0) {
      number = ClientConnection.number(getId());
    }
    return number;
  }

  /** Its present request has come to the proxy, which writes the log's line of it. */
  void begin() {
    reached = true;
    underWay.begin();
  }

  /** The request under way. */
  UnderWay underWay() {
    return underWay;
  }

  /** Its present request may leave a buffer behind, which Jetty gives back when it reads again. */
  void holdsBuffer() {
    holdsBuffer = true;
  }

  @Override
  protected Executor getExecutor() {
    return executor;
  }

  /**
   * Whoever ends an answer off the connection's thread has Jetty look for the next request on
   * another one, which reads and as a rule finds nothing. Where nothing was read ahead the socket
   * is waited for at once.
   */
  private void execute(Runnable task) {
    if (task == this
        && !holdsBuffer
        && getParser().isStart()
        && isRequestBufferEmpty()
        && getEndPoint().isOpen()) {
      fillInterested(nextRequest);
    } else {
      super.getExecutor().execute(task);
    }
  }

  /** Whether its present request has {@link #begin begun}; until the next one's first byte. */
  boolean hasReached() {
    return reached;
  }

  /** What was read of the head that is being refused. */
  RefusedRequest.Head readSoFar() {
    return handler().partial.soFar();
  }

  /** Why it is. */
  GatewayFailure refusal() {
    GatewayFailure why = refusal;
    return why != null ? why : failure(HttpStatus.BAD_REQUEST_400, "invalid request");
  }

  /** What is wrong with the present request's body, which Jetty tells as an early end; or null. */
  @Nullable HttpException invalidBody() {
    return invalidBody;
  }

  /** The present request's line as it was sent, where its parts are not all of it; else null. */
  @Nullable String sentLine() {
    return sentLine;
  }

  /**
   * What nginx refuses with where Jetty refuses with another status: 505 is for the versions above
   * HTTP/1 alone, 501 for a coding that is not chunked, 494 for what is too long.
   */
  int refusalStatus(int status) {
    return switch (status) {
      case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> 494;
      case HttpStatus.UPGRADE_REQUIRED_426, HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 ->
          handler().partial.soFar().line().matches(".* HTTP/[1-9][0-9]*\\.[0-9]+")
              ? HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505
              : HttpStatus.BAD_REQUEST_400;
      case HttpStatus.BAD_REQUEST_400 ->
          handler().partial.hasForeignCoding() ? HttpStatus.NOT_IMPLEMENTED_501 : status;
      default -> status;
    };
  }

  private Handler handler() {
    Handler made = handler;
    if (made == null) {
      throw new IllegalStateException("not constructed yet");
    }
    return made;
  }

  /** What the present answer's head is to have besides its fields. */
  void answer(@Nullable String reason, int keepAliveSeconds, boolean http10) {
    if (generator != null) {
      generator.next(reason, keepAliveSeconds, http10);
    }
  }

  @Override
  protected HttpGenerator newHttpGenerator() {
    Http1Generator made = new Http1Generator();
    generator = made;
    return made;
  }

  /** Its first head is waited for as long as a head may take, from the accept on. */
  @Override
  public void onOpen() {
    getEndPoint().setIdleTimeout(headTimeout.toMillis());
    super.onOpen();
  }

  @Override
  protected RequestHandler newRequestHandler() {
    Handler made = new Handler();
    handler = made;
    return made;
  }

  @Override
  protected HttpParser newHttpParser(HttpCompliance compliance) {
    HttpConfiguration configuration = getHttpConfiguration();
    Parser made = new Parser(this, handler(), configuration.getRequestHeaderSize(), compliance);
    made.setHeaderCacheSize(configuration.getHeaderCacheSize());
    made.setHeaderCacheCaseSensitive(configuration.isHeaderCacheCaseSensitive());
    parser = made;
    return made;
  }

  /** In the midst of a head its own time rules, which no byte renews. */
  @Override
  public boolean onIdleExpired(TimeoutException timeout) {
    return handler().deadline == null && super.onIdleExpired(timeout);
  }

  /** By a thread beside the one that reads, which {@code inTime} keeps out. */
  private void headTimedOut() {
    if (getEndPoint().isOpen()) {
      endUnanswered(HttpStatus.REQUEST_TIMEOUT_408, "timed out (110: Connection timed out)");
    }
  }

  /** Whether its last head has its line already; Jetty takes the close for an error of its own. */
  boolean hasEndedUnanswered() {
    return endedUnanswered;
  }

  private void endUnanswered(int status, String did) {
    endedUnanswered = true;
    RefusedRequests.of(getServer()).unanswered(readSoFar(), this, status, failure(status, did));
    getEndPoint().close();
  }

  private GatewayFailure failure(int status, String did) {
    return new GatewayFailure(
        status == HttpStatus.REQUEST_TIMEOUT_408
            ? GatewayFailure.Kind.CLIENT_TIMEOUT
            : GatewayFailure.Kind.BAD_REQUEST,
        "client "
            + did
            + " while reading client request "
            + (handler().partial.inFields() ? "headers" : "line"));
  }

  /** In nginx's words, and with Jetty's where those say less. */
  private static String did(HttpException failure, boolean inFields) {
    return switch (failure.getCode()) {
      case HttpStatus.URI_TOO_LONG_414 -> "sent too long URI";
      case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> "sent too long header line";
      case HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 -> "sent invalid version";
      default ->
          (inFields ? "sent invalid header line (" : "sent invalid request (")
              + failure.getReason()
              + ")";
    };
  }

  /** Follows a head from its first byte to its last. */
  private final class Handler extends RequestHandler {
    private final PartialHead partial = new PartialHead();
    private volatile @Nullable Deadline deadline;

    @Override
    public void messageBegin() {
      reached = false;
      holdsBuffer = false;
      invalidBody = null;
      partial.clear();
      super.messageBegin();
    }

    @Override
    public void startRequest(String method, String uri, HttpVersion version) {
      boolean simple = version == HttpVersion.HTTP_0_9;
      boolean isAll = !simple && uri.startsWith("/") && uri.indexOf('#') < 0;
      sentLine = isAll ? null : method + " " + uri + (simple ? "" : " " + version);
      super.startRequest(method, uri, version);
    }

    /** Of what a client may expect nginx knows one thing, and passes over all others. */
    @Override
    public void parsedHeader(HttpField field) {
      if (field.getHeader() != HttpHeader.EXPECT || field.contains("100-continue")) {
        super.parsedHeader(field);
      }
      partial.field(field);
    }

    @Override
    public boolean headerComplete() {
      if (!inTime()) {
        throw new HttpException.RuntimeException(HttpStatus.REQUEST_TIMEOUT_408);
      }
      return super.headerComplete();
    }

    /** A read left the head incomplete. */
    void headUnderWay() {
      if (deadline == null) {
        deadline = new Deadline();
      }
    }

    /** Ends the wait for the rest; false from when the time is over. */
    private boolean inTime() {
      Deadline present = deadline;
      if (present != null) {
        if (!present.end()) {
          return false;
        }
        deadline = null;
      }
      return true;
    }

    @Override
    public void badMessage(HttpException failure) {
      if (!inTime()) {
        return; // The connection is being closed.
      }
      if (parser != null && parser.isHeadCut()) {
        endUnanswered(HttpStatus.BAD_REQUEST_400, "prematurely closed connection");
        return;
      }
      refusal = failure(failure.getCode(), did(failure, partial.inFields()));
      super.badMessage(failure);
    }
  }

  /** The time of one head, over when it is whole or when it has passed, whichever is first. */
  private final class Deadline {
    private final AtomicBoolean over = new AtomicBoolean();
    private final Scheduler.Task task =
        getConnector()
            .getScheduler()
            .schedule(this::pass, headTimeout.toMillis(), TimeUnit.MILLISECONDS);

    private void pass() {
      if (over.compareAndSet(false, true)) {
        getExecutor().execute(Http1Connection.this::headTimedOut);
      }
    }

    boolean end() {
      if (!over.compareAndSet(false, true)) {
        return false;
      }
      task.cancel();
      return true;
    }
  }

  /** Keeps what it is given where a head takes more than one read, or is refused. */
  private static final class Parser extends HttpParser {
    private final Http1Connection connection;
    private final Handler handler;
    private @Nullable ByteBuffer read;
    private int from;
    private int to;
    private boolean inHead;

    Parser(
        Http1Connection connection, Handler handler, int maxHeadBytes, HttpCompliance compliance) {
      super(handler, maxHeadBytes, compliance);
      this.connection = connection;
      this.handler = handler;
    }

    @Override
    public boolean parseNext(ByteBuffer buffer) {
      inHead = getState().ordinal() <= State.HEADER.ordinal();
      read = buffer;
      from = buffer.position();
      to = buffer.limit();
      HeadBuffers buffers = connection.buffers;
      boolean begins = inHead && isStart();
      if (begins) {
        buffers.clear();
      }
      boolean fits = !inHead || (begins && buffers.fit(to - from));
      int tooLong = fits ? -1 : buffers.take(buffer, from, to);
      if (tooLong >= 0) {
        return refuseLong(buffer, tooLong);
      }
      boolean parsed = super.parseNext(buffer);
      if (inHead && fits && getState().ordinal() <= State.HEADER.ordinal()) {
        buffers.take(buffer, from, to); // Until now nobody knew that it would go on.
      }
      if (getState().ordinal() <= State.HEADER.ordinal()) {
        keep();
        if (!isStart() || to > from) { // Empty lines before a head count, as in nginx.
          handler.headUnderWay();
        }
      }
      read = null;
      return parsed;
    }

    /** What is before the line that is too long is read: it may name the server. */
    private boolean refuseLong(ByteBuffer buffer, int line) {
      buffer.limit(line);
      super.parseNext(buffer);
      buffer.limit(to);
      BufferUtil.clear(buffer);
      if (getState().ordinal() <= State.HEADER.ordinal()) {
        badMessage(
            new BadMessageException(
                connection.buffers.isInRequestLine()
                    ? HttpStatus.URI_TOO_LONG_414
                    : HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431));
      }
      return false;
    }

    @Override
    protected void badMessage(HttpException failure) {
      if (!inHead) {
        connection.invalidBody = failure;
      }
      keep();
      read = null;
      super.badMessage(failure);
    }

    private void keep() {
      if (read != null) {
        handler.partial.read(read, from, to);
        handler.partial.inFields(getState() == State.HEADER);
      }
    }

    /** Whether the client has ended its side before its head. */
    boolean isHeadCut() {
      return inHead && isAtEOF();
    }
  }
}
