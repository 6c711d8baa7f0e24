package org.culvert.it;

import org.culvert.it.container.Running;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** Where an application is deployed; every container test runs at both. */
public enum Mount {
  ROOT(""),
  APP("/app");

  private final String contextPath;

  Mount(String contextPath) {
    this.contextPath = contextPath;
  }

  /** The context path: empty or {@code /app}. */
  public String contextPath() {
    return contextPath;
  }

  /** A path as the client asks for it. */
  public String path(String path) {
    return contextPath + path;
  }

  /** A whole address. */
  public String url(String path) {
    return "http://127.0.0.1:" + Running.port() + path(path);
  }

  /** An empty archive that will be deployed here. */
  public WebArchive archive() {
    return ShrinkWrap.create(WebArchive.class, this == ROOT ? "ROOT.war" : "app.war");
  }
}
