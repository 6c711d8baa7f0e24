package org.culvert.it.corpus;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * The bytes that came back on one connection, and how it ended. {@link #text} is what is compared:
 * heads with their fields in order of names, bodies without their chunks and uncompressed, and
 * without what differs from run to run.
 */
record Transcript(String bytes, String end, List<String> methods) {
  private static final Pattern HEAD = Pattern.compile("(?s)\\A(HTTP/.*?)\r\n((?:.*?\r\n)??)\r\n");
  private static final Pattern CHUNK = Pattern.compile("\\A([0-9a-fA-F]+)[^\r]*\r\n");
  private static final Pattern VERSION = Pattern.compile("nginx/[0-9.]+(?: \\([^)]*\\))?");

  /** What separates the parts of several ranges: of as many digits. */
  private static final Pattern BOUNDARY = Pattern.compile("(boundary=|(?m)^--)[0-9]{20}");

  /** Whether every request has a whole answer. */
  boolean isComplete() {
    Reader reader = new Reader();
    int answers = 0;
    while (!reader.rest.isEmpty()) {
      reader.answer();
      answers += reader.interim ? 0 : 1;
      if (reader.unfinished) {
        return false;
      }
    }
    return answers >= Math.max(1, methods.size());
  }

  /** What is compared. */
  String text() {
    Reader reader = new Reader();
    while (!reader.rest.isEmpty()) {
      reader.answer();
    }
    return reader.out.append("-- ").append(end).append('\n').toString();
  }

  private final class Reader {
    private final StringBuilder out = new StringBuilder();
    private String rest = bytes;
    private int answered;
    private boolean unfinished;
    private boolean interim;

    void answer() {
      Matcher head = HEAD.matcher(rest);
      if (!head.find()) {
        unfinished = rest.startsWith("HTTP/") || rest.length() < 5;
        out.append(unnumbered(rest));
        rest = "";
        return;
      }
      rest = rest.substring(head.end());
      List<String> fields = new ArrayList<>(head.group(2).lines().toList());
      int status = status(head.group(1));
      interim = status / 100 == 1 && status != 101;
      String method = answered < methods.size() ? methods.get(answered) : "GET";
      answered += interim ? 0 : 1;
      String body =
          interim || status == 204 || status == 304 || method.equals("HEAD") ? "" : body(fields);
      writeHead(head.group(1), fields);
      if (!body.isEmpty()) {
        out.append(unnumbered(decoded(body, fields))).append('\n');
      }
    }

    private static int status(String line) {
      String[] words = line.split(" ");
      return words.length > 1 && words[1].matches("[0-9]{3}") ? Integer.parseInt(words[1]) : 0;
    }

    private String body(List<String> fields) {
      if (field("Transfer-Encoding", fields).toLowerCase(Locale.ROOT).contains("chunked")) {
        return chunks();
      }
      String length = field("Content-Length", fields);
      if (length.matches("[0-9]{1,9}")) {
        return take(Integer.parseInt(length));
      }
      unfinished = true; // Till the end of the connection.
      return take(rest.length());
    }

    private String chunks() {
      StringBuilder body = new StringBuilder();
      while (true) {
        Matcher size = CHUNK.matcher(rest);
        if (!size.find()) {
          unfinished = true;
          return body.append("[no last chunk]").toString();
        }
        rest = rest.substring(size.end());
        int length = Integer.parseInt(size.group(1), 16);
        if (length == 0) {
          int end = rest.startsWith("\r\n") ? 0 : rest.indexOf("\r\n\r\n") + 2;
          if (end > 0) {
            body.append("[trailers]\n").append(rest, 0, end);
          }
          take(end + 2);
          return body.toString();
        }
        body.append(take(length));
        take(2);
      }
    }

    private String take(int length) {
      unfinished |= length > rest.length();
      String taken = rest.substring(0, Math.min(length, rest.length()));
      rest = rest.substring(taken.length());
      return taken;
    }

    private void writeHead(String line, List<String> fields) {
      out.append(line).append('\n');
      fields.stream()
          .sorted(Comparator.comparing(field -> field.replaceFirst(":.*", "")))
          .map(field -> masked(field, fields))
          .forEach(field -> out.append(field).append('\n'));
      out.append('\n');
    }
  }

  private static String masked(String field, List<String> fields) {
    if (field.startsWith("Date: ")) {
      return "Date: now";
    }
    if (field.startsWith("Expires: ") && !field.matches(".* (1970|20[023]0|2037) .*")) {
      try {
        return "Expires: %+d".formatted(seconds(field("Date", fields), field.substring(9)));
      } catch (java.time.DateTimeException notOurs) {
        return field;
      }
    }
    return unnumbered(field);
  }

  private static String unnumbered(String text) {
    return BOUNDARY
        .matcher(VERSION.matcher(text).replaceAll("nginx/VERSION"))
        .replaceAll("$1BOUNDARY");
  }

  /** In tens: the two may have read the clock a moment apart. */
  private static long seconds(String from, String to) {
    DateTimeFormatter format = DateTimeFormatter.RFC_1123_DATE_TIME;
    Duration between =
        Duration.between(ZonedDateTime.parse(from, format), ZonedDateTime.parse(to, format));
    return Math.round(between.toSeconds() / 10.0) * 10;
  }

  private static String decoded(String body, List<String> fields) {
    if (fields.stream().noneMatch(field -> field.equals("Content-Encoding: gzip"))) {
      return body;
    }
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return "[gzip]" + new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "[no gzip: " + e + "]" + body;
    }
  }

  private static String field(String name, List<String> fields) {
    return fields.stream()
        .filter(field -> field.regionMatches(true, 0, name + ":", 0, name.length() + 1))
        .map(field -> field.substring(name.length() + 1).strip())
        .findFirst()
        .orElse("");
  }
}
