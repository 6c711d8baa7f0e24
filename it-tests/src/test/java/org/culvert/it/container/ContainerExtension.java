package org.culvert.it.container;

import org.jboss.arquillian.container.spi.client.container.DeployableContainer;
import org.jboss.arquillian.core.spi.LoadableExtension;

/** Tells Arquillian of the adapter for the container that this execution has on its class path. */
public final class ContainerExtension implements LoadableExtension {
  @Override
  public void register(ExtensionBuilder builder) {
    if (Running.isJetty()) {
      builder.service(DeployableContainer.class, JettyContainer.class);
    } else if (Running.isTomcat()) {
      builder.service(DeployableContainer.class, TomcatContainer.class);
    }
  }
}
