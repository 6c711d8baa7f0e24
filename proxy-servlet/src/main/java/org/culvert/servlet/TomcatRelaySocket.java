package org.culvert.servlet;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import org.apache.tomcat.util.net.AbstractEndpoint;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.apache.tomcat.websocket.server.WsFrameServer;
import org.apache.tomcat.websocket.server.WsHttpUpgradeHandler;
import org.apache.tomcat.websocket.server.WsRemoteEndpointImplServer;
import org.culvert.exchange.JettyClient;
import org.culvert.exchange.JettyReadiness;
import org.culvert.tunnel.FrameMeter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Tomcat's WebSocket reads from and writes to, in place of the connection's own wrapper: the
 * same socket, read by the selector of the backend's connection. Messages are served on its thread,
 * under the connection's lock. Nothing there may wait, so whatever Tomcat answers by itself, and
 * then waits for a client to read (a ping, a Close, a violation), goes to a thread of Tomcat's pool
 * with all that came with it, as does the end: for that the frames are followed as they are read.
 * Writes go to Tomcat's own wrapper.
 *
 * <p>All fields of reading are guarded by the connection's lock.
 */
final class TomcatRelaySocket extends TomcatFrameSocket implements JettyReadiness.Owner {
  private static final Logger log = LoggerFactory.getLogger(TomcatRelaySocket.class);

  /** Reads in a turn: then other connections of the selector have theirs. */
  private static final int MOST_READS = 4;

  /** Some microseconds. */
  private static final int SPINS = 200;

  private static final @Nullable Field FRAME = field(WsHttpUpgradeHandler.class, "wsFrame");
  private static final @Nullable Field FRAME_SOCKET = field(WsFrameServer.class, "socketWrapper");
  private static final @Nullable Method ENDPOINT = method("getEndpoint");
  private static final @Nullable Method LOCK = method("getLock");
  private static final @Nullable Field LOCK_OF = field(SocketWrapperBase.class, "lock");
  private static final @Nullable Field REMOTE =
      field(WsHttpUpgradeHandler.class, "wsRemoteEndpointServer");
  private static final @Nullable Field REMOTE_SOCKET =
      field(WsRemoteEndpointImplServer.class, "socketWrapper");

  private final TomcatRelayHandler handler;
  private final SocketWrapperBase<?> wrapper;
  private final SocketChannel channel;
  private final Lock lock;

  private final FrameMeter meter = new FrameMeter(true, FrameMeter.ReservedBits.NONE);
  private final JettyReadiness readiness;

  /** What was read and is to be served on a thread of Tomcat's. */
  private @Nullable ByteBuffer kept;

  /** Whether what was read before may be served on, which is seen at no socket. */
  private volatile boolean resumed = true;

  /** Its session reads no more before it is resumed: to read is an error of Tomcat's until then. */
  private boolean suspended;

  private final AtomicBoolean awaited = new AtomicBoolean();

  /** Who sends now, and is told itself when that is done. */
  private volatile @Nullable Thread sender;

  /** How reading ended, on the selector's thread; to be told on one of Tomcat's. */
  private @Nullable IOException failure;

  private boolean ended;

  /** Whether a thread of Tomcat's is to read on. */
  private boolean handedOver;

  /** Reads that the selector's thread may make now; 0 on others. */
  private int reads;

  private boolean onSelector;

  private TomcatRelaySocket(
      TomcatRelayHandler handler,
      SocketWrapperBase<?> wrapper,
      SocketChannel channel,
      AbstractEndpoint<NioChannel, ?> endpoint,
      Lock lock,
      JettyClient client) {
    super((NioChannel) wrapper.getSocket(), endpoint);
    this.handler = handler;
    this.wrapper = wrapper;
    this.channel = channel;
    this.lock = lock;
    this.readiness = client.readiness(channel, this);
  }

  /**
   * Puts it beneath a connection's frames and its remote endpoint, which nobody may be using.
   *
   * @param channel the connection's socket, open or closed
   * @return null where Tomcat has changed too much
   */
  static @Nullable TomcatRelaySocket beneath(
      TomcatRelayHandler handler,
      SocketWrapperBase<?> wrapper,
      SocketChannel channel,
      JettyClient client) {
    if (FRAME == null
        || FRAME_SOCKET == null
        || REMOTE == null
        || REMOTE_SOCKET == null
        || ENDPOINT == null
        || LOCK == null
        || LOCK_OF == null) {
      return null;
    }
    try {
      @SuppressWarnings("unchecked") // A NioChannel's.
      AbstractEndpoint<NioChannel, ?> endpoint =
          (AbstractEndpoint<NioChannel, ?>) ENDPOINT.invoke(wrapper);
      TomcatRelaySocket socket =
          new TomcatRelaySocket(
              handler, wrapper, channel, endpoint, (Lock) LOCK.invoke(wrapper), client);
      LOCK_OF.set(socket, socket.lock);
      Object frame = FRAME.get(handler);
      FRAME_SOCKET.set(frame, socket);
      REMOTE_SOCKET.set(REMOTE.get(handler), socket);
      TomcatBuffers.OfText.giveUp(frame);
      return socket;
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      log.debug("Tomcat reads its WebSockets by itself", e);
      return null;
    }
  }

  private static @Nullable Field field(Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  private static @Nullable Method method(String name) {
    try {
      Method method = SocketWrapperBase.class.getDeclaredMethod(name);
      method.setAccessible(true);
      return method;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /** Begins to read. What came behind the handshake may have been read already. */
  void begin() {
    readiness.start();
  }

  /** Lets go of the socket, which has been or is about to be closed. On any thread, repeatedly. */
  void letGo() {
    readiness.end();
  }

  /** A thread of Tomcat's has read all there was: the selector tells of more. Under the lock. */
  void goOn() {
    readiness.arm();
  }

  /** There is something to read, or what was read may be served on. */
  @Override
  public void ready() {
    boolean goesOn = resumed;
    if (!locked()) {
      readiness.turnLater();
      return;
    }
    resumed = false;
    SocketState state;
    try {
      if (wrapper.isClosed()) {
        letGo();
        return;
      }
      if (suspended && !goesOn) {
        readiness.disarm(); // It had been told to look again before it was suspended.
        return;
      }
      if (handedOver) {
        handOver();
        return;
      }
      if (!goesOn && isWriting()) {
        awaitReading(); // What is read may be what Tomcat answers, and it would wait here.
        return;
      }
      state = read();
      if (handedOver) {
        handOver();
        return;
      }
    } finally {
      lock.unlock();
    }
    if (state == SocketState.SUSPENDED) {
      readiness.disarm();
    } else if (state != SocketState.UPGRADED) {
      closeByItself(); // The session ended elsewhere.
    }
  }

  /** A thread of Tomcat's that has just had it read on is about to unlock. */
  private boolean locked() {
    for (int i = 0; i < SPINS; i++) {
      if (lock.tryLock()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /** Then a word of Tomcat's own would wait for the client. */
  private boolean isWriting() {
    try {
      return !wrapper.canWrite();
    } catch (IllegalStateException closed) {
      return true;
    }
  }

  private SocketState read() {
    onSelector = true;
    reads = MOST_READS;
    try {
      return handler.read(this);
    } catch (RuntimeException | Error e) {
      log.error("a WebSocket of Tomcat's could not be read", e);
      return SocketState.CLOSED;
    } finally {
      onSelector = false;
    }
  }

  /**
   * Has Tomcat's poller wake a thread of its pool, which may then be a new one: were it started
   * from here it would inherit the application's protection domain, and keep its class loader. The
   * poller does so when the client's socket can be written to, which is what is to be done there,
   * or at once where it has ended.
   */
  private void handOver() {
    if (ended || failure != null) {
      awaitReading();
      return;
    }
    readiness.disarm();
    awaited.set(true);
    try {
      wrapper.registerWriteInterest();
    } catch (RuntimeException stopped) {
      closeByItself();
    }
  }

  private void awaitReading() {
    readiness.disarm();
    awaited.set(true);
    try {
      wrapper.registerReadInterest();
    } catch (RuntimeException stopped) {
      closeByItself();
    }
  }

  /** How the session left its reading. Under the lock. */
  void left(SocketState state) {
    suspended = state == SocketState.SUSPENDED;
  }

  /** Whether a thread of Tomcat's has been asked for, and this is the first. */
  boolean isAwaited() {
    return awaited.getAndSet(false);
  }

  /**
   * Closes a connection of which Tomcat tells nobody: its pool takes no more, or its connector
   * stops. The session is told, which may wait for the client: on an upstream thread.
   */
  void closeByItself() {
    readiness.disown(
        () -> {
          lock.lock();
          try {
            handler.fail();
          } finally {
            lock.unlock();
          }
          wrapper.close();
          letGo();
        });
  }

  @Override
  public void stopped() {
    closeByItself();
  }

  // What Tomcat's frames call, under the lock.

  @Override
  public int read(boolean block, ByteBuffer to) throws IOException {
    if (kept != null) {
      return serveKept(kept, to);
    }
    if (failure != null) {
      throw failure;
    }
    if (ended) {
      return -1;
    }
    if (onSelector && (reads-- == 0 || handedOver)) {
      return 0;
    }
    int begin = to.position();
    int count = readSocket(to);
    if (count > 0) {
      follow(to, begin);
      if (onSelector && handedOver) {
        keep(to, begin);
        return 0;
      }
      if (to.hasRemaining()) {
        reads = 0; // There is no more, as a rule.
      }
    } else if (count == 0 && !onSelector) {
      handedOver = meter.isInControl() || meter.violation() != null;
    }
    return count;
  }

  private static int serve(ByteBuffer from, ByteBuffer to) {
    int count = Math.min(from.remaining(), to.remaining());
    to.put(from.slice().limit(count));
    from.position(from.position() + count);
    return count;
  }

  private int serveKept(ByteBuffer from, ByteBuffer to) {
    if (onSelector) {
      return 0;
    }
    int count = serve(from, to);
    if (!from.hasRemaining()) {
      kept = null;
    }
    return count;
  }

  private void keep(ByteBuffer to, int begin) {
    ByteBuffer copy = ByteBuffer.allocate(to.position() - begin);
    kept = copy.put(to.duplicate().flip().position(begin)).flip();
    to.position(begin);
  }

  /** What Tomcat read behind the request's head comes first. */
  private int readSocket(ByteBuffer to) throws IOException {
    try {
      if (!wrapper.getSocketBufferHandler().isReadBufferEmpty()) {
        return wrapper.read(false, to);
      }
      int count = channel.read(to);
      if (count >= 0 || !onSelector) {
        return count;
      }
      ended = true;
    } catch (IOException e) {
      if (!onSelector) {
        throw e;
      }
      failure = e;
    }
    handedOver = true;
    return 0;
  }

  /** A header that is not whole is still in Tomcat's buffer, right before what comes next. */
  private void follow(ByteBuffer to, int begin) {
    long before = meter.answered();
    meter.follow(to.duplicate().flip().position(begin - meter.held()));
    if (meter.answered() != before || meter.violation() != null) {
      handedOver = true;
    }
  }

  /** A session that reads again: on the selector's thread. */
  @Override
  public void processSocket(SocketEvent event, boolean dispatch) {
    if (event == SocketEvent.OPEN_READ) {
      resumed = true;
      readiness.turn();
    } else {
      wrapper.processSocket(event, dispatch);
    }
  }

  @Override
  public boolean isClosed() {
    return wrapper.isClosed();
  }

  // What Tomcat's remote endpoint calls. It is told that there is no asynchronous I/O, for then it
  // writes by the wrapper's buffer and has only one hand-over, to tell who sent a message.

  /** Runs a send; where its message is written at once that is told on this thread. */
  void send(Runnable call) {
    sender = Thread.currentThread();
    try {
      call.run();
    } finally {
      sender = null;
    }
  }

  @Override
  public void execute(Runnable task) {
    if (Thread.currentThread() == sender) {
      task.run();
    } else {
      wrapper.execute(task);
    }
  }

  @Override
  public boolean hasAsyncIO() {
    return false;
  }

  @Override
  public boolean isReadyForWrite() {
    return wrapper.isReadyForWrite();
  }

  @Override
  protected void writeBlocking(ByteBuffer from) throws IOException {
    wrapper.write(true, from);
  }

  @Override
  protected void writeNonBlocking(ByteBuffer from) throws IOException {
    wrapper.write(false, from);
  }

  @Override
  public boolean flush(boolean block) throws IOException {
    return wrapper.flush(block);
  }

  @Override
  public void setWriteTimeout(long millis) {
    wrapper.setWriteTimeout(millis);
  }

  @Override
  public @Nullable IOException getError() {
    return wrapper.getError();
  }

  @Override
  public Object takeCurrentProcessor() {
    return wrapper.takeCurrentProcessor();
  }

  @Override
  public void setCurrentProcessor(Object processor) {
    wrapper.setCurrentProcessor(processor);
  }

  @Override
  public void close() {
    wrapper.close();
    letGo();
  }
}
