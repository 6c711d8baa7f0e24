package org.culvert.limit;

import java.util.function.Function;
import org.culvert.variable.VariableTable;
import org.jspecify.annotations.Nullable;

/** {@code $limit_req_status} and {@code $limit_conn_status}. */
public final class LimitVariables {
  private LimitVariables() {}

  /** Defines them all. */
  public static void define(VariableTable table) {
    status(table, "limit_req_status", LimitRecord::requests);
    status(table, "limit_conn_status", LimitRecord::connections);
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
