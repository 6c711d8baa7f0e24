package peer;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Spring Cloud Gateway with one route between two ports of the loopback: {@code PORT BACKEND}. */
@SpringBootApplication
public class SpringGatewayPeer {
  /** Starts the proxy, which runs until the process is ended. */
  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(SpringGatewayPeer.class);
    application.setDefaultProperties(
        Map.of(
            "server.address", "127.0.0.1",
            "server.port", args[0],
            "spring.cloud.gateway.routes[0].id", "backend",
            "spring.cloud.gateway.routes[0].uri", "http://127.0.0.1:" + args[1],
            "spring.cloud.gateway.routes[0].predicates[0]", "Path=/**",
            "spring.main.banner-mode", "off"));
    application.run();
  }
}
