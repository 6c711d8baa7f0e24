package org.culvert.observe;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** The numbers and words with which nginx ends a message about a failed system call. */
public final class Errno {
  private Errno() {}

  /**
   * For instance {@code (98: Address already in use)}; the JDK's own words where it has no number.
   */
  public static String of(IOException failure) {
    if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
      return "(2: No such file or directory)";
    }
    if (failure instanceof AccessDeniedException) {
      return "(13: Permission denied)";
    }
    String words =
        failure instanceof FileSystemException file ? file.getReason() : failure.getMessage();
    if (words == null) {
      return "(" + failure + ")";
    }
    if (words.startsWith("Address already in use")) {
      return "(98: Address already in use)";
    }
    if (words.startsWith("Cannot assign requested address")) {
      return "(99: Cannot assign requested address)";
    }
    return switch (words) {
      case "No such file or directory" -> "(2: No such file or directory)";
      case "Permission denied" -> "(13: Permission denied)";
      case "Not a directory" -> "(20: Not a directory)";
      case "Is a directory" -> "(21: Is a directory)";
      case "Too many open files" -> "(24: Too many open files)";
      case "Network is unreachable" -> "(101: Network is unreachable)";
      case "Connection reset by peer", "Connection reset" -> "(104: Connection reset by peer)";
      case "Connection timed out" -> "(110: Connection timed out)";
      case "Connection refused" -> "(111: Connection refused)";
      case "No route to host" -> "(113: No route to host)";
      default -> "(" + words + ")";
    };
  }
}
