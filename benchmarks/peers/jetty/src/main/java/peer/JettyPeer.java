package peer;

import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Jetty's {@code AsyncProxyServlet} between two ports of the loopback: {@code PORT BACKEND}. */
public final class JettyPeer {
  private JettyPeer() {}

  /** Starts the proxy, which runs until the process is ended. */
  public static void main(String[] args) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(args[0]));
    server.addConnector(connector);
    ServletHolder proxy = new ServletHolder(AsyncProxyServlet.Transparent.class);
    proxy.setAsyncSupported(true);
    proxy.setInitParameter("proxyTo", "http://127.0.0.1:" + args[1]);
    ServletContextHandler context = new ServletContextHandler("/");
    context.addServlet(proxy, "/*");
    server.setHandler(context);
    server.start();
  }
}
