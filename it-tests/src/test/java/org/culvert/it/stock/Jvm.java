package org.culvert.it.stock;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What lives in the JVM of a process, as {@code jcmd} and the system tell it.
 *
 * @param process the process's number
 * @param answer a file that answers of {@code jcmd} may be written to
 */
record Jvm(long process, Path answer) {

  /** How many instances of a class are alive after a full collection. */
  int instances(String className) throws Exception {
    Matcher line =
        Pattern.compile(
                "(?m)^\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+" + Pattern.quote(className) + "(\\s|$)")
            .matcher(jcmd("GC.class_histogram"));
    int count = 0;
    while (line.find()) {
      count += Integer.parseInt(line.group(1));
    }
    return count;
  }

  /** How many bytes of the heap are alive after a full collection. */
  long living() throws Exception {
    Matcher total =
        Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)").matcher(jcmd("GC.class_histogram"));
    if (!total.find()) {
      throw new IOException("no total in the class histogram");
    }
    return Long.parseLong(total.group(1));
  }

  /** How many kilobytes it has by malloc, direct buffers above all; needs NativeMemoryTracking. */
  long direct() throws Exception {
    Matcher other =
        Pattern.compile("Other \\(reserved=\\d+KB, committed=(\\d+)KB\\)")
            .matcher(jcmd("VM.native_memory", "summary"));
    return other.find() ? Long.parseLong(other.group(1)) : 0;
  }

  /** The names of its threads. */
  List<String> threads() throws Exception {
    Matcher names = Pattern.compile("(?m)^\"([^\"]+)\"").matcher(jcmd("Thread.print"));
    List<String> threads = new ArrayList<>();
    while (names.find()) {
      threads.add(names.group(1));
    }
    return threads;
  }

  /** What its file descriptors stand for. */
  List<String> descriptors() throws IOException {
    List<String> targets = new ArrayList<>();
    try (DirectoryStream<Path> open =
        Files.newDirectoryStream(Path.of("/proc", String.valueOf(process), "fd"))) {
      for (Path descriptor : open) {
        try {
          targets.add(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException closedMeanwhile) {
          // not open any more
        }
      }
    }
    return targets;
  }

  private String jcmd(String... command) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    line.add(String.valueOf(process));
    line.addAll(List.of(command));
    Process jcmd =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(answer.toFile()).start();
    if (!jcmd.waitFor(60, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      jcmd.destroyForcibly();
      throw new IOException(line + ": " + Files.readString(answer));
    }
    return Files.readString(answer);
  }
}
