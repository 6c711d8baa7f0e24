package org.culvert.it.origin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.culvert.it.wire.Ports;
import org.culvert.it.wire.RawWebSocket;

/**
 * The scripted backend. Behaviours are set by path (without the query); each connection has a
 * thread. One instance, {@link #shared}, serves all tests of a JVM: they keep out of each other's
 * way by paths of their own ({@link #on}).
 */
public final class Origin implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final ServerSocket server;
  private final AtomicInteger connections = new AtomicInteger();
  private final Map<String, Behaviour> behaviours = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> turns = new ConcurrentHashMap<>();
  private final Map<String, List<Seen>> seen = new ConcurrentHashMap<>();
  private final Map<String, BlockingQueue<Handed>> handed = new ConcurrentHashMap<>();
  private final Map<String, BlockingQueue<RawWebSocket>> webSockets = new ConcurrentHashMap<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** Starts one on a loopback port; 0 for any. */
  public Origin(int port) throws IOException {
    this(new ServerSocket(), port);
  }

  /** Starts one that speaks TLS, on a loopback port that the system chooses. */
  public Origin(SSLContext tls) throws IOException {
    this(tls.getServerSocketFactory().createServerSocket(), 0);
  }

  private Origin(ServerSocket socket, int port) throws IOException {
    server = socket;
    server.setReuseAddress(true);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
    Thread thread = new Thread(this::accept, "origin-" + server.getLocalPort());
    thread.setDaemon(true);
    thread.start();
  }

  /** The one for all tests of this JVM. */
  public static Origin shared() {
    return Shared.ORIGIN;
  }

  /** A loopback port on which nobody listens. */
  public static int refusedPort() {
    return Ports.free();
  }

  /** Where it listens. */
  public int port() {
    return server.getLocalPort();
  }

  /** {@code http://127.0.0.1:port}. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /**
   * Sets a behaviour for a path of its own.
   *
   * @param prefix where the path begins, with the slash: {@code /short}
   * @return the path: the prefix, a dash and a number
   */
  public String on(String prefix, Behaviour behaviour) {
    String path = prefix + "-" + NUMBER.incrementAndGet();
    at(path, behaviour);
    return path;
  }

  /** Sets a behaviour for this very path. */
  public void at(String path, Behaviour behaviour) {
    turns.remove(path);
    behaviours.put(path, behaviour);
  }

  /** The requests that came for a path, so far. */
  public List<Seen> seen(String path) {
    return List.copyOf(list(path));
  }

  /** Lets go of the requests that came for a path so far, and of their bodies. */
  public void forget(String path) {
    seen.remove(path);
  }

  /** The only request that came for a path; waits for it. */
  public Seen awaitOnly(String path) throws InterruptedException {
    List<Seen> all = await(path, 1);
    if (all.size() != 1) {
      throw new AssertionError(all.size() + " requests for " + path + ": " + all);
    }
    return all.get(0);
  }

  /** Waits until that many requests have come for a path. */
  public List<Seen> await(String path, int count) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (list(path).size() < count) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "of " + count + " requests for " + path + " came " + list(path) + "; all: " + seen);
      }
      Thread.sleep(5);
    }
    return seen(path);
  }

  /** How many connections were accepted so far. */
  public int connections() {
    return connections.get();
  }

  /** How many connections are open now, as far as this side knows. */
  public int openConnections() {
    open.removeIf(Socket::isClosed);
    return open.size();
  }

  /** The connection of the next request for a path that says {@link Behaviour.HandOver}. */
  public Handed take(String path) throws InterruptedException {
    return taken(queue(handed, path), path);
  }

  /** The next WebSocket opened at a path that says {@link Behaviour.Talk#HAND_OVER}. */
  public RawWebSocket takeWebSocket(String path) throws InterruptedException {
    return taken(queue(webSockets, path), path);
  }

  /** Whether no connection is handed over within that time. */
  public boolean handsOverNothing(String path, Duration time) throws InterruptedException {
    return queue(handed, path).poll(time.toMillis(), TimeUnit.MILLISECONDS) == null;
  }

  private static <T> T taken(BlockingQueue<T> queue, String path) throws InterruptedException {
    T one = queue.poll(20, TimeUnit.SECONDS);
    if (one == null) {
      throw new AssertionError("nobody came for " + path);
    }
    return one;
  }

  private static <T> BlockingQueue<T> queue(Map<String, BlockingQueue<T>> queues, String path) {
    return queues.computeIfAbsent(path, key -> new LinkedBlockingQueue<>());
  }

  private List<Seen> list(String path) {
    return seen.computeIfAbsent(path, key -> new CopyOnWriteArrayList<>());
  }

  void saw(String path, Seen request) {
    list(path).add(request);
  }

  void handOver(String path, Handed connection) {
    queue(handed, path).add(connection);
  }

  void handOver(String path, RawWebSocket webSocket) {
    queue(webSockets, path).add(webSocket);
  }

  /** What is to be done with the next request for a path. */
  Behaviour next(String path) {
    Behaviour behaviour = behaviours.get(path);
    if (behaviour == null) {
      return Behaviour.answer(404, "nothing scripted for " + path);
    }
    if (behaviour instanceof Behaviour.InTurn turn) {
      int number = turns.computeIfAbsent(path, key -> new AtomicInteger()).getAndIncrement();
      return turn.behaviours().get(Math.min(number, turn.behaviours().size() - 1));
    }
    return behaviour;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        open.add(socket);
        Thread thread =
            new Thread(
                null,
                new OriginConnection(this, socket, connections.incrementAndGet()),
                "origin-connection-" + connections,
                256 * 1024);
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException closed) {
      // the end
    }
  }

  /** Stops listening and resets what is open. */
  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : new ArrayList<>(open)) {
      socket.close();
    }
  }

  private static final class Shared {
    static final Origin ORIGIN = start();

    private static Origin start() {
      try {
        return new Origin(0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
