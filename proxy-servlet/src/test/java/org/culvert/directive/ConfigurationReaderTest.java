package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.culvert.directive.LocationSettings.Handler;
import org.culvert.exchange.ProxyPass;
import org.culvert.exchange.ProxySettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class ConfigurationReaderTest {

  @Test
  void readsTheSeedConfigurationInAWar() throws Exception {
    Configuration configuration =
        ConfigurationReader.read(
            new TextSource(
                "culvert.conf",
                """
                location / {
                    proxy_pass http://127.0.0.1:8080;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                    proxy_set_header Host $host;
                    proxy_http_version 1.1;
                }
                """),
            new Options(Form.WAR, "/srv"));
    ServerSettings server = configuration.server("127.0.0.1", 4711, "x").found();
    LocationSettings location = server.locations().find("/chat").found();
    ProxySettings proxy = ((Handler.Proxy) location.handler()).settings();
    ProxyPass.Fixed pass = (ProxyPass.Fixed) proxy.pass();
    assertThat(pass.host()).isEqualTo("127.0.0.1:8080");
    assertThat(pass.uri()).isNull();
    assertThat(pass.upstream()).isSameAs(configuration.upstreams().get(0));
    assertThat(proxy.request().setHeaders())
        .extracting(h -> h.name() + ": " + h.value().source())
        .containsExactly("Upgrade: $http_upgrade", "Connection: upgrade", "Host: $host");
  }
}
