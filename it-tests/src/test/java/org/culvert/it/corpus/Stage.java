package org.culvert.it.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.zip.GZIPOutputStream;
import org.culvert.it.Folders;
import org.culvert.it.wire.Ports;

/** What the servers have in common: a port where nobody listens, names, and files. */
final class Stage implements AutoCloseable {
  private static final FileTime FIXED = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
  private static final Path RESOURCES = Path.of("src/test/resources/corpus");

  final int dead = Ports.free();
  final Path root;
  final Path folder;
  private final NameServer names = new NameServer();

  Stage() throws IOException {
    // Not where java.io.tmpdir may be: a path as short as a Unix socket's must be.
    root = Files.createTempDirectory(Path.of("/tmp"), "culvert-corpus");
    folder = Files.createDirectory(root.resolve("files"));
    file("a.txt", "file a");
    file("run.txt", "run");
    file("sub/index.html", "index of sub");
    file("sub/b.txt", "file b");
    file("page.html", "<html><body>" + "A page of some length. ".repeat(200) + "</body></html>");
    file("data.json", "{\"numbers\": [" + "1, ".repeat(400) + "1]}");
    file("page.html.gz", gzip("A compressed page."));
    file("packed.txt.gz", gzip("A compressed file alone."));
    file("empty.txt", "");
    file("big.txt", "A line of the big file, 40 bytes long..\n".repeat(2500));
    file("users", Files.readString(RESOURCES.resolve("users")));
    if (!folder.resolve("run.txt").toFile().setExecutable(true, false)) {
      throw new IOException("no file can be made executable in " + folder);
    }
  }

  private static String gzip(String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private void file(String name, String text) throws IOException {
    Path path = folder.resolve(name);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text, StandardCharsets.ISO_8859_1);
    Files.setLastModifiedTime(path, FIXED);
  }

  /** Puts addresses and folders in the place of their names. */
  String fill(String text) {
    return text.replaceAll("\\bNAMES\\b", "127.0.0.1:" + names.port())
        .replaceAll("\\bDEAD\\b", "127.0.0.1:" + dead)
        .replaceAll("\\bFOLDER\\b", folder.toString());
  }

  /** The names again. */
  String mask(String text) {
    return text.replace("127.0.0.1:" + dead, "DEAD").replace(folder.toString(), "FOLDER");
  }

  @Override
  public void close() throws IOException {
    names.close();
    Folders.delete(root);
  }
}
