package org.culvert.it.reload;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import org.culvert.it.Mount;

/** The proxy of an application in this JVM's container, as JMX has it. */
public final class ManagedProxy {
  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  private final ObjectName name;

  private ManagedProxy(ObjectName name) {
    this.name = name;
  }

  /** That of the application there. */
  public static ManagedProxy at(Mount mount) throws Exception {
    Set<ObjectName> found = SERVER.queryNames(pattern(mount), null);
    if (found.size() != 1) {
      throw new IllegalStateException("not one proxy at " + mount + ": " + found);
    }
    return new ManagedProxy(found.iterator().next());
  }

  /** How many are there. */
  public static int count(Mount mount) throws Exception {
    return SERVER.queryNames(pattern(mount), null).size();
  }

  private static ObjectName pattern(Mount mount) throws Exception {
    String context = ObjectName.quote(mount.contextPath());
    return new ObjectName("org.culvert:type=Proxy,context=" + context + ",*");
  }

  /** Its configuration file. */
  public Path file() throws Exception {
    return Path.of((String) SERVER.getAttribute(name, "ConfigurationFile"));
  }

  /** What was wrong with the last configuration, or null. */
  public String lastError() throws Exception {
    return (String) SERVER.getAttribute(name, "LastError");
  }

  /** Writes another configuration to its file. */
  public void write(String configuration) throws Exception {
    Files.writeString(file(), configuration, StandardCharsets.ISO_8859_1);
  }

  /**
   * Has it read its file.
   *
   * @throws IllegalStateException with what is wrong with it
   */
  public void reload() throws Exception {
    try {
      SERVER.invoke(name, "reload", null, null);
    } catch (RuntimeMBeanException e) {
      throw e.getTargetException();
    }
  }
}
