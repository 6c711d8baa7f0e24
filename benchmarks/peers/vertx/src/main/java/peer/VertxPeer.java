package peer;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.httpproxy.HttpProxy;

/** vertx-http-proxy on epoll between two ports of the loopback: {@code PORT BACKEND}. */
public final class VertxPeer extends AbstractVerticle {
  private final int port;
  private final int backend;

  private VertxPeer(int port, int backend) {
    this.port = port;
    this.backend = backend;
  }

  /** Starts the proxy, with one event loop for each core, until the process is ended. */
  public static void main(String[] args) {
    int port = Integer.parseInt(args[0]);
    int backend = Integer.parseInt(args[1]);
    int cores = Runtime.getRuntime().availableProcessors();
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(cores));
    if (!vertx.isNativeTransportEnabled()) {
      throw new IllegalStateException("no epoll", vertx.unavailableNativeTransportCause());
    }
    vertx
        .deployVerticle(
            () -> new VertxPeer(port, backend), new DeploymentOptions().setInstances(cores))
        .onFailure(
            cause -> {
              cause.printStackTrace();
              System.exit(1);
            });
  }

  @Override
  public void start(Promise<Void> started) {
    // The pool's default of 5 connections would queue every WebSocket after the fifth.
    HttpProxy proxy =
        HttpProxy.reverseProxy(
            vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(20_000)));
    proxy.origin(backend, "127.0.0.1");
    vertx
        .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(port))
        .requestHandler(proxy)
        .listen()
        .<Void>mapEmpty()
        .onComplete(started);
  }
}
