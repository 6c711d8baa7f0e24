package org.culvert.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.culvert.launcher.ErrorLog.Level;
import org.jspecify.annotations.Nullable;

/**
 * The class data sharing archive beside {@code culvert.jar}, which halves the start. It fits one
 * JVM and one jar; the first start of another pair writes it anew, in the background, where the
 * folder is writable. The front hands it to the JVM.
 */
final class ClassArchive {
  private static final long SETTLE_MILLIS = 2000;

  /**
   * Goes on when the launcher ends meanwhile, and leaves a whole archive or none. $0 is java, $1
   * the archive, $2 the jar, $3 what it is for.
   */
  private static final String TRAINING =
      """
      fresh=$1.$$
      "$0" -XX:ArchiveClassesAtExit="$fresh" -XX:TieredStopAtLevel=1 -Xmx128m -Xlog:disable \\
          -cp "$2" org.culvert.launcher.Training &&
        mv -f "$fresh" "$1" && printf %s "$3" >"$1.for"
      rm -f "$fresh"
      """;

  private final Path jar;
  private final Path archive;
  private final Path fits;

  private ClassArchive(Path jar) {
    this.jar = jar;
    String name = jar.getFileName().toString().replaceFirst("\\.jar$", ".jsa");
    archive = jar.resolveSibling(name);
    fits = jar.resolveSibling(name + ".for");
  }

  /** Writes the archive in the background if there is none that fits, and one may be written. */
  static void refresh() {
    Path jar = ownJar();
    if (jar == null || !Files.isWritable(jar.toAbsolutePath().getParent())) {
      return;
    }
    ClassArchive archive = new ClassArchive(jar.toAbsolutePath());
    Thread writer = new Thread(archive::writeWhenStale, "culvert-class-archive");
    writer.setDaemon(true);
    writer.setPriority(Thread.MIN_PRIORITY);
    writer.start();
  }

  private static @Nullable Path ownJar() {
    try {
      var source = ClassArchive.class.getProtectionDomain().getCodeSource();
      Path place = source == null ? null : Path.of(source.getLocation().toURI());
      return place != null && Files.isRegularFile(place) ? place : null;
    } catch (URISyntaxException | IllegalArgumentException elsewhere) {
      return null;
    }
  }

  private void writeWhenStale() {
    try {
      String stamp = stamp();
      if (Files.exists(archive) && Files.exists(fits) && Files.readString(fits).equals(stamp)) {
        return;
      }
      // The first requests have the processors for themselves.
      Thread.sleep(SETTLE_MILLIS);
      train(stamp);
    } catch (IOException | RuntimeException e) {
      // Only the next start is slower.
      ErrorLog.process().write(Level.DEBUG, "no class data sharing archive: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String stamp() throws IOException {
    return String.join(
        "\n",
        System.getProperty("java.home"),
        System.getProperty("java.vm.version"),
        jar.toString(),
        Files.getLastModifiedTime(jar).toString(),
        "");
  }

  private void train(String stamp) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    new ProcessBuilder("/bin/sh", "-c", TRAINING, java, archive.toString(), jar.toString(), stamp)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
