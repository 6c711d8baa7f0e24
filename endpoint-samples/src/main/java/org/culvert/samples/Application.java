package org.culvert.samples;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.time.Clock;
import java.time.Duration;

/**
 * What the endpoints share, for as long as the application is deployed. Endpoints are made by the
 * container, one for each session, so they find it here.
 */
@WebListener
public final class Application implements ServletContextListener {
  static final Chat CHAT = new Chat(Clock.systemUTC());
  static final Dashboard DASHBOARD = new Dashboard();

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration BEAT = Duration.ofSeconds(15);

  /** Called by the container. */
  public Application() {}

  @Override
  public void contextInitialized(ServletContextEvent event) {
    Threads.start();
    Threads.every(LOOK, DASHBOARD::tick);
    Threads.every(BEAT, CHAT::beat);
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    Threads.stop();
  }
}
