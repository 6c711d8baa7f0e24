package org.culvert.servlet;

import java.net.InetSocketAddress;
import org.culvert.directive.Configuration;
import org.culvert.directive.HeadSettings;
import org.culvert.http.FieldNames;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderField;
import org.culvert.http.HeaderFields;
import org.culvert.http.HostName;
import org.culvert.http.IpAddresses;

/**
 * What is left of a client's fields: those with unusual names are dropped where the server says so,
 * which as in nginx is the address's default one until the Host field has named another.
 */
final class ReceivedFields {
  private final Configuration configuration;
  private final InetSocketAddress local;
  private HeadSettings settings;

  private ReceivedFields(Configuration configuration, InetSocketAddress local) {
    this.configuration = configuration;
    this.local = local;
    this.settings = ofServer("");
  }

  /** A request's fields. */
  static HeaderFields of(ReceivedRequest request, Configuration configuration) {
    HeaderFields fields = request.fields();
    fields.removeIf(new ReceivedFields(configuration, request.connection().local())::isDropped);
    return fields;
  }

  /** Those of the default server of the address that a request came to. */
  static HeadSettings settings(ReceivedRequest request, Configuration configuration) {
    return new ReceivedFields(configuration, request.connection().local()).settings;
  }

  private HeadSettings ofServer(String host) {
    return configuration.server(IpAddresses.text(local), local.getPort(), host).found().head();
  }

  private boolean isDropped(HeaderField field) {
    if (settings.ignoreInvalid() && !FieldNames.isUsual(field.name(), settings.underscores())) {
      return true;
    }
    if (field.name().equalsIgnoreCase("Host")) {
      try {
        settings = ofServer(HostName.of(field.value()));
      } catch (GatewayFailure refusedLater) {
        return false;
      }
    }
    return false;
  }
}
