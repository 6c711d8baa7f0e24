package org.culvert.limit;

import java.util.List;
import org.culvert.variable.Scope;

/**
 * {@code limit_conn} of a level: how many requests at a time (nginx, {@code
 * ngx_http_limit_conn_handler}).
 *
 * @param limits in the order of the file
 * @param status {@code limit_conn_status}
 * @param level {@code limit_conn_log_level}
 * @param dryRun {@code limit_conn_dry_run}
 */
public record ConnectionLimits(List<Limit> limits, int status, Severity level, boolean dryRun) {
  private static final int LONGEST_KEY = 255;

  /**
   * One of them.
   *
   * @param most as many may be processed at a time
   */
  public record Limit(ZoneSettings zone, int most) {}

  /**
   * Counts a request in all of them, once for a request.
   *
   * @param counted takes what it is counted under; its owner closes it when the request is over
   * @return false where it is refused, with {@link #status}
   */
  public boolean take(
      Zones zones, LimitRecord record, Scope scope, CountedKeys counted, LimitLog log) {
    if (record.connections() != null) {
      return true;
    }
    for (Limit limit : limits) {
      String key = limit.zone.key().evaluate(scope);
      if (key.isEmpty()) {
        continue;
      }
      if (key.length() > LONGEST_KEY) {
        log.write(Severity.ERROR, Keys.tooLong(limit.zone, LONGEST_KEY, key));
        continue;
      }
      record.connections(LimitStatus.PASSED);
      ConnectionZone zone = zones.connections(limit.zone);
      ConnectionZone.Reply reply = zone.take(key, limit.most);
      if (reply == ConnectionZone.Reply.COUNTED) {
        counted.add(zone, key);
      } else {
        counted.drop();
        return refused(limit, reply, record, log);
      }
    }
    return true;
  }

  private boolean refused(
      Limit limit, ConnectionZone.Reply reply, LimitRecord record, LimitLog log) {
    String zone = " zone \"" + limit.zone.name() + "\"";
    if (reply == ConnectionZone.Reply.ABOVE) {
      log.write(level, "limiting connections" + (dryRun ? ", dry run," : "") + " by" + zone);
    } else {
      log.write(Severity.ALERT, "could not allocate node in limit_conn" + zone);
    }
    record.connections(dryRun ? LimitStatus.REJECTED_DRY_RUN : LimitStatus.REJECTED);
    return dryRun;
  }
}
