package org.culvert.directive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.TextSource;
import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ConfigurationReader.Options;
import org.culvert.directive.LocationSettings.Handler;
import org.culvert.exchange.ProxyPass;
import org.culvert.exchange.ProxySettings;
import org.culvert.upstream.UpstreamSettings;
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

  private static Configuration read(Form form, String text) throws ConfigurationException {
    return ConfigurationReader.read(new TextSource("x.conf", text), new Options(form, "/srv"));
  }

  @Test
  void oneHostIsOneImplicitUpstreamHoweverOftenItIsNamed() throws Exception {
    Configuration configuration =
        read(
            Form.WAR,
            "location /a { proxy_pass http://127.0.0.1; }"
                + " location /b { proxy_pass http://127.0.0.1:80/x; }"
                + " location /c { proxy_pass http://127.0.0.1:81; }");
    assertThat(configuration.upstreams())
        .extracting(UpstreamSettings::name)
        .containsExactly("127.0.0.1:80", "127.0.0.1:81");
  }

  @Test
  void globalsAndFileAreOneMainContext() {
    assertThatThrownBy(
            () ->
                ConfigurationReader.read(
                    new TextSource("x.conf", "daemon on;"),
                    new Options(Form.LAUNCHER, "/srv", "daemon off;")))
        .hasMessage("\"daemon\" directive is duplicate");
  }

  @Test
  void theLauncherTakesAWholeFileOnly() {
    assertThatThrownBy(() -> read(Form.LAUNCHER, "location / { }"))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.located())
                    .isEqualTo("\"location\" directive is not allowed here in x.conf:1"));
  }

  @Test
  void aServerWithoutListenIsOn80OrOn8000() throws Exception {
    Configuration configuration = read(Form.LAUNCHER, "events { } http { server { } }");
    assertThat(configuration.servers().get(0).listens().get(0).port())
        .isEqualTo("root".equals(System.getProperty("user.name")) ? 80 : 8000);
  }

  @Test
  void theSlotsOfARegexServerNameFollowFromTheHost() throws Exception {
    Configuration configuration =
        read(
            Form.WAR,
            "server { server_name ~^(?<a>x)$ ~^(?<b>y)$; location / { return 200 $a$b; } }");
    ServerSettings server = configuration.server("", 80, "y").found();
    assertThat(server.captureNames("y")).hasSize(1);
    assertThat(server.captureNames("y")).isNotEqualTo(server.captureNames("x"));
    assertThat(server.captureNames("z")).isEmpty();
  }

  @Test
  void theTextsOfAllFilesAreKept() throws Exception {
    assertThat(read(Form.WAR, "return 204;").files()).containsEntry("x.conf", "return 204;");
  }
}
