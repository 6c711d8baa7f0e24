package org.culvert.jmh;

import java.net.InetSocketAddress;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.TextSource;
import org.culvert.directive.Configuration;
import org.culvert.directive.ConfigurationReader;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.culvert.directive.LocationSettings;
import org.culvert.directive.LocationSettings.Handler;
import org.culvert.directive.ServerSettings;
import org.culvert.exchange.ProxySettings;
import org.culvert.exchange.ProxyTarget;
import org.culvert.http.ClientConnection;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.RequestHead;
import org.culvert.http.RequestTarget;
import org.culvert.location.LocationMatch;
import org.culvert.upstream.UpstreamGroups;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;

/** One server of an ordinary configuration, and a browser's request to it. */
final class Sample {
  private static final String TARGET = "/api/orders/4711?page=2&sort=date";

  private static final String CONF =
      """
      events {}
      http {
        upstream backend { server 127.0.0.1:8081; server 127.0.0.1:8082; }
        map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
        server {
          listen 8080;
          server_name www.example.com;
          location = / { return 200; }
          location /api/ {
            proxy_pass http://backend;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_redirect http://backend/ /;
            proxy_cookie_path / /api/;
            proxy_hide_header X-Runtime;
          }
          location /api/admin/ { proxy_pass http://backend; }
          location ^~ /static/ { root html; }
          location /images/ { root html; }
          location ~ \\.(gif|jpg|jpeg|png)$ { root html; }
          location ~* ^/user/([0-9]+)/orders$ { proxy_pass http://backend; }
          location ~ \\.php$ { return 404; }
          location / { proxy_pass http://backend; }
        }
      }
      """;

  private Sample() {}

  static Configuration configuration() throws ConfigurationException {
    return ConfigurationReader.read(
        new TextSource("sample.conf", CONF), new Options(Form.LAUNCHER, "/"));
  }

  static ServerSettings server() throws ConfigurationException {
    return configuration().servers().get(0);
  }

  /** Of the location of the request. */
  static ProxySettings proxy() throws ConfigurationException {
    LocationMatch<LocationSettings> match = server().locations().find("/api/orders/4711");
    if (match == null || !(match.found().handler() instanceof Handler.Proxy proxy)) {
      throw new IllegalStateException("the sample's request has no location with proxy_pass");
    }
    return proxy.settings();
  }

  /** The request's, with its target known. */
  static Scope scope(ProxySettings settings) throws ConfigurationException, GatewayFailure {
    Scope scope = new Scope().put(RequestFacts.class, facts(TARGET));
    ProxyTarget.of(settings.pass(), scope, new UpstreamGroups(configuration().upstreams(), null));
    return scope;
  }

  /** A browser's GET. */
  static RequestFacts facts(String target) throws GatewayFailure {
    HeaderFields fields =
        HeaderFields.of(
            "Host", "www.example.com",
            "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language", "en-US,en;q=0.5",
            "Accept-Encoding", "gzip, deflate, br",
            "Referer", "https://www.example.com/api/orders",
            "Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark",
            "Connection", "keep-alive",
            "Cache-Control", "max-age=0");
    return new RequestFacts(
        new RequestHead("GET", target, "HTTP/1.1", fields),
        RequestTarget.parse(target),
        new ClientConnection(
            new InetSocketAddress("192.0.2.7", 50123),
            new InetSocketAddress("192.0.2.1", 8080),
            "http",
            1,
            1),
        "",
        null,
        "www.example.com",
        target);
  }
}
