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
import org.jspecify.annotations.Nullable;

/**
 * What is left of a client's fields: those with unusual names are dropped where the server says so,
 * which as in nginx is the address's default one until the Host field has named another.
 */
final class ReceivedFields {
  private final Configuration configuration;
  private final InetSocketAddress local;
  private final HeadSettings byDefault;
  private final HeaderFields fields;
  private @Nullable String host;

  private ReceivedFields(ReceivedRequest request, Configuration configuration) {
    this.configuration = configuration;
    this.local = request.connection().local();
    this.byDefault = ofServer("");
    this.fields = request.fields();
    fields.removeIf(this::isDropped);
  }

  /** A request's. */
  static ReceivedFields of(ReceivedRequest request, Configuration configuration) {
    return new ReceivedFields(request, configuration);
  }

  /** What is left. */
  HeaderFields fields() {
    return fields;
  }

  /** What the default server of the address says of heads. */
  HeadSettings byDefault() {
    return byDefault;
  }

  private HeadSettings ofServer(String name) {
    return configuration.server(IpAddresses.text(local), local.getPort(), name).found().head();
  }

  private boolean isDropped(HeaderField field) {
    if (FieldNames.isUsual(field.name(), false)) {
      if (field.is("Host")) {
        host = field.value();
      }
      return false;
    }
    HeadSettings settings = settings();
    return settings.ignoreInvalid() && !FieldNames.isUsual(field.name(), settings.underscores());
  }

  /** Those that hold by now; of a server only where a field is unusual, which few are. */
  private HeadSettings settings() {
    try {
      return host == null ? byDefault : ofServer(HostName.of(host));
    } catch (GatewayFailure refusedLater) {
      return byDefault;
    }
  }
}
