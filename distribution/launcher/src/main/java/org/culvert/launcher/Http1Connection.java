package org.culvert.launcher;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's HTTP/1 connection, which also knows the request line of a request that Jetty refuses: for
 * {@link RefusedRequests}, since Jetty forgets it.
 */
final class Http1Connection extends HttpConnection {
  /** What nginx keeps of a line that is too long: {@code NGX_MAX_ERROR_STR - 300}. */
  private static final int LONGEST = 1748;

  // Both are set by the superclass's constructor, so neither has an initializer.
  private @Nullable RequestHandler handler;
  private @Nullable Parser parser;

  private Http1Connection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
    super(configuration, connector, endPoint);
  }

  /** Makes them. */
  static final class Factory extends HttpConnectionFactory {
    Factory(HttpConfiguration configuration) {
      super(configuration);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
      Http1Connection connection = new Http1Connection(getHttpConfiguration(), connector, endPoint);
      connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
      return configure(connection, connector, endPoint);
    }
  }

  /** The line of the request that is being refused, as far as it was read, in octets. */
  String refusedLine() {
    return parser == null ? "" : parser.line();
  }

  @Override
  protected RequestHandler newRequestHandler() {
    RequestHandler made = super.newRequestHandler();
    handler = made;
    return made;
  }

  @Override
  protected HttpParser newHttpParser(HttpCompliance compliance) {
    HttpConfiguration configuration = getHttpConfiguration();
    Parser made = new Parser(handler, configuration.getRequestHeaderSize(), compliance);
    made.setHeaderCacheSize(configuration.getHeaderCacheSize());
    made.setHeaderCacheCaseSensitive(configuration.isHeaderCacheCaseSensitive());
    parser = made;
    return made;
  }

  /** Keeps the line where a head takes more than one read, or is refused. */
  private static final class Parser extends HttpParser {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(0);
    private boolean whole;
    private @Nullable ByteBuffer read;
    private int from;
    private int to;

    Parser(@Nullable RequestHandler handler, int maxHeadBytes, HttpCompliance compliance) {
      super(handler, maxHeadBytes, compliance);
    }

    @Override
    public boolean parseNext(ByteBuffer buffer) {
      if (isStart()) {
        line.reset();
        whole = false;
      }
      read = buffer;
      from = buffer.position();
      to = buffer.limit();
      boolean parsed = super.parseNext(buffer);
      if (getState().ordinal() <= State.HEADER.ordinal()) {
        keep();
      }
      read = null;
      return parsed;
    }

    @Override
    protected void badMessage(HttpException failure) {
      keep();
      read = null;
      super.badMessage(failure);
    }

    private void keep() {
      ByteBuffer bytes = read;
      if (bytes == null || whole) {
        return;
      }
      int limit = bytes.limit();
      bytes.limit(to); // A parser that fails has cleared it; what it read is still there.
      for (int i = from; i < to && !whole; i++) {
        byte next = bytes.get(i);
        boolean blank = line.size() == 0 && (next == '\r' || next == '\n');
        if (next == '\n' && !blank || line.size() > LONGEST) {
          whole = true;
        } else if (!blank) {
          line.write(next);
        }
      }
      bytes.limit(limit);
    }

    String line() {
      String text = line.toString(StandardCharsets.ISO_8859_1);
      if (text.length() > LONGEST) {
        return text.substring(0, LONGEST) + "...";
      }
      return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }
  }
}
