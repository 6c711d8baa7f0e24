package org.culvert.access;

import java.net.InetSocketAddress;
import java.util.List;
import org.culvert.http.ForwardedAddress;
import org.culvert.http.HeaderFields;
import org.culvert.http.Network;
import org.culvert.http.ProxyHeader;
import org.culvert.variable.RequestFacts;

/**
 * Whom a request is from, behind proxies that are trusted (ngx_http_realip_module): {@code
 * set_real_ip_from}, {@code real_ip_header}, {@code real_ip_recursive}.
 *
 * @param trusted whose word is taken; empty turns it off
 * @param header the field that has the address; {@link #PROXY_PROTOCOL} for that protocol's header
 * @param recursive to the last address that is not a trusted one's
 */
public record RealIp(List<Network> trusted, String header, boolean recursive) {
  /** nginx's default. */
  public static final String DEFAULT_HEADER = "X-Real-IP";

  /** The source that is no field. */
  public static final String PROXY_PROTOCOL = "proxy_protocol";

  /** Who connected is who asks. */
  public static final RealIp OFF = new RealIp(List.of(), DEFAULT_HEADER, false);

  /** A list that nobody changes any more. */
  public RealIp {
    trusted = List.copyOf(trusted);
  }

  /** Gives the request its client, unless it has got one before. */
  public void apply(RequestFacts facts) {
    if (trusted.isEmpty() || facts.hasRealClient()) {
      return;
    }
    ProxyHeader proxied = facts.connection().proxied();
    boolean fromHeader = header.equals(PROXY_PROTOCOL);
    if (fromHeader && proxied == null) {
      return;
    }
    List<String> values =
        fromHeader && proxied != null
            ? List.of(proxied.sourceAddress())
            : values(facts.head().fields());
    InetSocketAddress client =
        ForwardedAddress.of(facts.connection().remote(), values, trusted, recursive);
    if (client != null) {
      facts.client(
          fromHeader && proxied != null
              ? new InetSocketAddress(client.getAddress(), proxied.sourcePort())
              : client);
    }
  }

  /** Of a field that comes twice nginx takes the first, but of X-Forwarded-For all. */
  private List<String> values(HeaderFields fields) {
    List<String> values = fields.all(header);
    return values.size() > 1 && !header.equalsIgnoreCase("X-Forwarded-For")
        ? values.subList(0, 1)
        : values;
  }
}
