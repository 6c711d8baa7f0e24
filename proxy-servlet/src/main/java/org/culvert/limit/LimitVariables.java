package org.culvert.limit;

import java.util.function.Function;
import org.culvert.http.ByteSize;
import org.culvert.variable.Scope;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/** {@code $limit_req_status}, {@code $limit_conn_status} and {@code $limit_rate}. */
public final class LimitVariables {
  private LimitVariables() {}

  /** Defines them all. */
  public static void define(VariableTable table) {
    status(table, "limit_req_status", LimitRecord::requests);
    status(table, "limit_conn_status", LimitRecord::connections);
    table.define("limit_rate", LimitVariables::rate);
  }

  /** What the request has set, not what its location says. */
  private static String rate(Scope scope) {
    String own = scope.slot(VariableTable.LIMIT_RATE);
    return own == null ? "0" : Long.toString(Math.max(0, ByteSize.parse(own)));
  }

  private static void status(
      VariableTable table, String name, Function<LimitRecord, @Nullable LimitStatus> kind) {
    table.define(
        name,
        scope -> {
          LimitRecord record = scope.find(LimitRecord.class);
          LimitStatus status = record == null ? null : kind.apply(record);
          return status == null ? null : status.name();
        });
  }
}
