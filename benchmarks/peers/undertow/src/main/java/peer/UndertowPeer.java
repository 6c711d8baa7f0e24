package peer;

import io.undertow.Undertow;
import io.undertow.server.handlers.proxy.LoadBalancingProxyClient;
import io.undertow.server.handlers.proxy.ProxyHandler;
import java.net.URI;

/** Undertow's {@code ProxyHandler} between two ports of the loopback: {@code PORT BACKEND}. */
public final class UndertowPeer {
  private UndertowPeer() {}

  /** Starts the proxy, which runs until the process is ended. */
  public static void main(String[] args) {
    int cores = Runtime.getRuntime().availableProcessors();
    // Upgraded connections count, so the default of 10 for each thread would refuse the rest; a host
    // takes what is set before it is added.
    LoadBalancingProxyClient backend =
        new LoadBalancingProxyClient()
            .setConnectionsPerThread(20_000)
            .addHost(URI.create("http://127.0.0.1:" + args[1]));
    Undertow.builder()
        .setIoThreads(cores)
        .addHttpListener(Integer.parseInt(args[0]), "127.0.0.1")
        .setHandler(ProxyHandler.builder().setProxyClient(backend).build())
        .build()
        .start();
  }
}
