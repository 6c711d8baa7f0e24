package org.culvert.limit;

import java.util.ArrayList;
import java.util.List;
import org.culvert.limit.RequestZone.Answer;
import org.culvert.limit.RequestZone.Reply;
import org.culvert.variable.Scope;
import org.jspecify.annotations.Nullable;

/**
 * {@code limit_req} of a level: how many requests in a time (nginx, {@code
 * ngx_http_limit_req_handler}).
 *
 * @param limits in the order of the file
 * @param status {@code limit_req_status}
 * @param level {@code limit_req_log_level}: of a request that is refused; one less for a delay
 * @param dryRun {@code limit_req_dry_run}
 */
public record RequestLimits(List<Limit> limits, int status, Severity level, boolean dryRun) {
  private static final int LONGEST_KEY = 65535;

  /**
   * One of them.
   *
   * @param burst requests that may come too early, in thousandths
   * @param undelayed those of the burst that are not delayed, in thousandths
   */
  public record Limit(ZoneSettings zone, long burst, long undelayed) {
    /** In milliseconds. */
    private long delay(long excess) {
      return excess <= undelayed ? 0 : (excess - undelayed) * 1_000 / zone.rate();
    }
  }

  /**
   * What is to be done with a request.
   *
   * @param refused whether it is answered with {@link #status}
   * @param delayMillis how long it waits else
   */
  public record Verdict(boolean refused, long delayMillis) {
    private static final Verdict PASS = new Verdict(false, 0);
  }

  /** A limit that was asked and waits for the others. */
  private record Held(Limit limit, RequestZone zone, RequestZone.Node node) {}

  /** Asks all of them, once for a request. */
  public Verdict ask(Zones zones, LimitRecord record, Scope scope, LimitLog log) {
    if (record.requests() != null) {
      return Verdict.PASS;
    }
    List<Held> held = new ArrayList<>(limits.size());
    for (int i = 0; i < limits.size(); i++) {
      Limit limit = limits.get(i);
      String key = limit.zone.key().evaluate(scope);
      if (key.isEmpty()) {
        continue;
      }
      if (key.length() > LONGEST_KEY) {
        log.write(Severity.ERROR, Keys.tooLong(limit.zone, LONGEST_KEY, key));
        continue;
      }
      RequestZone zone = zones.requests(limit.zone);
      Answer answer = zone.ask(key, limit.zone.rate(), limit.burst, i == limits.size() - 1);
      if (answer.held() != null) {
        held.add(new Held(limit, zone, answer.held()));
      } else if (answer.reply() == Reply.COUNTED) {
        return counted(held, new Delay(limit, answer.excess()), record, log);
      } else {
        held.forEach(each -> each.zone.release(each.node));
        return refused(limit, answer, record, log);
      }
    }
    return held.isEmpty() ? Verdict.PASS : counted(held, null, record, log);
  }

  private Verdict refused(Limit limit, Answer answer, LimitRecord record, LimitLog log) {
    if (answer.reply() == Reply.ABOVE) {
      log.write(
          level,
          "limiting requests"
              + dry()
              + ", excess: "
              + decimal(answer.excess())
              + " by zone \""
              + limit.zone.name()
              + "\"");
    } else {
      log.write(
          Severity.ALERT,
          "could not allocate node in limit_req zone \"" + limit.zone.name() + "\"");
    }
    record.requests(dryRun ? LimitStatus.REJECTED_DRY_RUN : LimitStatus.REJECTED);
    return dryRun ? Verdict.PASS : new Verdict(true, 0);
  }

  /** Counts the request where it was only held, and finds the longest delay. */
  private Verdict counted(List<Held> held, @Nullable Delay last, LimitRecord record, LimitLog log) {
    Delay longest = last == null ? new Delay(held.get(held.size() - 1).limit, 0) : last;
    for (int i = held.size() - 1; i >= 0; i--) {
      Held each = held.get(i);
      Delay delay = new Delay(each.limit, each.zone.count(each.node, each.limit.zone.rate()));
      longest = delay.millis() > longest.millis() ? delay : longest;
    }
    long millis = longest.millis();
    if (millis == 0) {
      record.requests(LimitStatus.PASSED);
      return Verdict.PASS;
    }
    log.write(
        level.lesser(),
        "delaying request"
            + dry()
            + ", excess: "
            + decimal(longest.excess)
            + ", by zone \""
            + longest.limit.zone.name()
            + "\"");
    record.requests(dryRun ? LimitStatus.DELAYED_DRY_RUN : LimitStatus.DELAYED);
    return dryRun ? Verdict.PASS : new Verdict(false, millis);
  }

  private record Delay(Limit limit, long excess) {
    long millis() {
      return limit.delay(excess);
    }
  }

  private String dry() {
    return dryRun ? ", dry run" : "";
  }

  /** "1.500". */
  private static String decimal(long thousandths) {
    return thousandths / 1_000 + "." + Long.toString(thousandths % 1_000 + 1_000).substring(1);
  }
}
