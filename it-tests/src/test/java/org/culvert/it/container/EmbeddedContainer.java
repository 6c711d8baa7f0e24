package org.culvert.it.container;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.arquillian.container.spi.ConfigurationException;
import org.jboss.arquillian.container.spi.client.container.ContainerConfiguration;
import org.jboss.arquillian.container.spi.client.container.DeployableContainer;
import org.jboss.arquillian.container.spi.client.container.DeploymentException;
import org.jboss.arquillian.container.spi.client.container.LifecycleException;
import org.jboss.arquillian.container.spi.client.protocol.ProtocolDescription;
import org.jboss.arquillian.container.spi.client.protocol.metadata.HTTPContext;
import org.jboss.arquillian.container.spi.client.protocol.metadata.ProtocolMetaData;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.exporter.ExplodedExporter;
import org.jboss.shrinkwrap.descriptor.api.Descriptor;

/**
 * What both adapters share: archives are exploded and deployed at the path that their name says
 * ({@code ROOT.war} at {@code /}).
 *
 * @param <C> the container's handle on a deployed application
 */
abstract class EmbeddedContainer<C> implements DeployableContainer<EmbeddedContainer.Settings> {
  /** Nothing to be set: the port is ephemeral. */
  public static final class Settings implements ContainerConfiguration {
    @Override
    public void validate() throws ConfigurationException {}
  }

  private final Map<String, C> deployed = new ConcurrentHashMap<>();

  /** Starts the container on loopback. */
  abstract int launch(Path work) throws Exception;

  /** Stops it. */
  abstract void halt() throws Exception;

  /** Deploys a directory. */
  abstract C deploy(String contextPath, Path directory) throws Exception;

  /** Takes an application away. */
  abstract void undeploy(C application) throws Exception;

  @Override
  public Class<Settings> getConfigurationClass() {
    return Settings.class;
  }

  @Override
  public void setup(Settings settings) {}

  @Override
  public ProtocolDescription getDefaultProtocol() {
    return new ProtocolDescription("Local");
  }

  @Override
  public void start() throws LifecycleException {
    try {
      Files.createDirectories(Path.of(System.getProperty("java.io.tmpdir")));
      Running.port = launch(Files.createDirectories(Running.work()));
    } catch (Exception e) {
      throw new LifecycleException("The container did not start", e);
    }
  }

  @Override
  public void stop() throws LifecycleException {
    try {
      halt();
    } catch (Exception e) {
      throw new LifecycleException("The container did not stop", e);
    }
  }

  @Override
  public ProtocolMetaData deploy(Archive<?> archive) throws DeploymentException {
    String name = archive.getName().replaceFirst("\\.war$", "");
    String contextPath = name.equals("ROOT") ? "" : "/" + name;
    try {
      Path parent = Files.createTempDirectory(Running.work(), "web");
      File exploded = archive.as(ExplodedExporter.class).exportExploded(parent.toFile(), name);
      deployed.put(archive.getName(), deploy(contextPath, exploded.toPath()));
    } catch (Exception e) {
      throw new DeploymentException("Not deployed: " + archive.getName(), e);
    }
    return new ProtocolMetaData().addContext(new HTTPContext("127.0.0.1", Running.port()));
  }

  @Override
  public void undeploy(Archive<?> archive) throws DeploymentException {
    C application = deployed.remove(archive.getName());
    if (application == null) {
      return;
    }
    try {
      undeploy(application);
    } catch (Exception e) {
      throw new DeploymentException("Not undeployed: " + archive.getName(), e);
    }
  }

  @Override
  public void deploy(Descriptor descriptor) {
    throw new UnsupportedOperationException("descriptors are not deployed");
  }

  @Override
  public void undeploy(Descriptor descriptor) {
    throw new UnsupportedOperationException("descriptors are not deployed");
  }
}
