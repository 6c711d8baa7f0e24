package org.culvert.observe;

import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.culvert.http.RequestHead;
import org.culvert.variable.FieldLookup;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/** The variables that read the answer and the clock ({@code docs/variables.md}). */
public final class ResponseVariables {
  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss xx", Locale.ENGLISH);
  private static final DateTimeFormatter ISO8601 =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ENGLISH);

  private ResponseVariables() {}

  /** Defines them all. */
  public static void define(VariableTable table) {
    table.define("status", scope -> status(record(scope).status()));
    count(table, "body_bytes_sent", ResponseRecord::bodyBytes);
    count(table, "bytes_sent", ResponseRecord::bytes);
    table.define("request_time", scope -> seconds(elapsedMillis(record(scope))));
    table.define("request_length", scope -> Long.toString(requestLength(scope)));
    table.definePrefix(
        "sent_http_", name -> scope -> FieldLookup.field(record(scope).fields(), name));
    table.define("gzip_ratio", scope -> ratio(record(scope).compression()));
    table.define("msec", scope -> seconds(System.currentTimeMillis()));
    table.define("time_local", scope -> LOCAL.format(now()));
    table.define("time_iso8601", scope -> ISO8601.format(now()));
  }

  private static void count(
      VariableTable table, String name, ToLongFunction<ResponseRecord> value) {
    table.define(name, scope -> Long.toString(value.applyAsLong(record(scope))));
  }

  private static @Nullable String ratio(double compression) {
    return compression == 0 ? null : String.format(Locale.ROOT, "%.2f", compression);
  }

  private static ResponseRecord record(Scope scope) {
    return scope.get(ResponseRecord.class);
  }

  private static String status(int status) {
    return status > 99 ? Integer.toString(status) : String.format(Locale.ROOT, "%03d", status);
  }

  private static long elapsedMillis(ResponseRecord record) {
    return (System.nanoTime() - record.startNanos()) / 1_000_000;
  }

  private static String seconds(long millis) {
    String fraction = Long.toString(millis % 1000 + 1000).substring(1);
    return millis / 1000 + "." + fraction;
  }

  /** The head's size being that of its text in HTTP/1.1. */
  private static long requestLength(Scope scope) {
    RequestHead head = scope.get(RequestFacts.class).head();
    String line = head.method() + " " + head.target() + " " + head.protocol();
    long bytes = line.length() + "\r\n\r\n".length();
    for (var field : head.fields()) {
      bytes += field.name().length() + field.value().length() + ": \r\n".length();
    }
    return bytes + record(scope).requestBodyBytes();
  }

  private static ZonedDateTime now() {
    return ZonedDateTime.now(ZoneId.systemDefault());
  }
}
