package org.culvert.it;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** The applications that tests deploy. */
public final class Archives {
  private Archives() {}

  /** The proxy's JAR and what it needs at run time. */
  public static List<File> lib() {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("culvert.lib")))) {
      return files.map(Path::toFile).filter(file -> file.getName().endsWith(".jar")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An application with the proxy's JAR inside, and this in its {@code WEB-INF/culvert.conf}. */
  public static WebArchive withJar(Mount mount, String configuration) {
    return mount
        .archive()
        .addAsLibraries(lib().toArray(File[]::new))
        .addAsWebInfResource(new StringAsset(configuration), "culvert.conf");
  }

  /** {@code culvert.war} as it is built. */
  public static Path culvertWar() {
    return Path.of(System.getProperty("culvert.war"));
  }

  /** {@code culvert.war} as it is built, with this put into its {@code WEB-INF/culvert.conf}. */
  public static WebArchive war(Mount mount, String configuration) {
    return ShrinkWrap.create(ZipImporter.class, mount.archive().getName())
        .importFrom(culvertWar().toFile())
        .as(WebArchive.class)
        .addAsWebInfResource(new StringAsset(configuration), "culvert.conf");
  }
}
