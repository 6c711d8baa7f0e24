package org.culvert.upgrade;

import java.util.function.ToLongFunction;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/** The variables of a WebSocket that has ended; without a value for any other request. */
public final class WebSocketVariables {
  private WebSocketVariables() {}

  /** Defines them all. */
  public static void define(VariableTable table) {
    count(table, "messages_in", RelayEnd::messagesToBackend);
    count(table, "messages_out", RelayEnd::messagesToClient);
    count(table, "bytes_in", RelayEnd::toBackend);
    count(table, "bytes_out", RelayEnd::toClient);
    table.define("websocket_close_code", WebSocketVariables::closeCode);
    table.define("websocket_duration", WebSocketVariables::duration);
  }

  private static void count(VariableTable table, String name, ToLongFunction<RelayEnd> value) {
    table.define(
        "websocket_" + name,
        scope -> {
          WebSocketRecord record = scope.find(WebSocketRecord.class);
          return record == null ? null : Long.toString(value.applyAsLong(record.end()));
        });
  }

  private static @Nullable String closeCode(Scope scope) {
    WebSocketRecord record = scope.find(WebSocketRecord.class);
    return record == null || record.end().closeCode() == 0
        ? null
        : Integer.toString(record.end().closeCode());
  }

  /** In seconds with milliseconds, as {@code $request_time}. */
  private static @Nullable String duration(Scope scope) {
    WebSocketRecord record = scope.find(WebSocketRecord.class);
    if (record == null) {
      return null;
    }
    String fraction = Long.toString(record.millis() % 1000 + 1000).substring(1);
    return record.millis() / 1000 + "." + fraction;
  }
}
