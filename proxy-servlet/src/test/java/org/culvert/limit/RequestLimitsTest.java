package org.culvert.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.culvert.limit.RequestLimits.Limit;
import org.culvert.limit.RequestLimits.Verdict;
import org.culvert.limit.ZoneSettings.Kind;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.VariableTable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** nginx's leaky bucket, by a clock of the test's. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RequestLimitsTest {
  private static final long NO_DELAY = Long.MAX_VALUE;

  private long now = 1_000_000;
  private final List<String> lines = new ArrayList<>();
  private final VariableTable variables = new VariableTable();
  private final int key = variables.slot("key");
  private Template keyTemplate = Template.constant("");

  @BeforeEach
  void compile() throws Exception {
    keyTemplate = variables.compile("$key");
  }

  private ZoneSettings zone(String name, long thousandths) {
    return new ZoneSettings(Kind.REQUESTS, name, keyTemplate, 32 * 1024, thousandths);
  }

  private Zones zones(ZoneSettings... settings) throws Exception {
    return Zones.open(List.of(settings), null, () -> now);
  }

  private static RequestLimits limits(Limit... limits) {
    return new RequestLimits(List.of(limits), 503, Severity.ERROR, false);
  }

  private Verdict ask(RequestLimits limits, Zones zones, String value) {
    return ask(limits, zones, value, new LimitRecord());
  }

  private Verdict ask(RequestLimits limits, Zones zones, String value, LimitRecord record) {
    Scope scope = new Scope();
    scope.slot(key, value);
    return limits.ask(
        zones, record, scope, (severity, message) -> lines.add(severity + " " + message));
  }

  @Test
  void aRequestTooEarlyIsRefusedAndIsNotCounted() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    Zones zones = zones(one);
    RequestLimits limits = limits(new Limit(one, 0, 0));

    assertThat(ask(limits, zones, "a").refused()).isFalse();
    now += 999;
    assertThat(ask(limits, zones, "a").refused()).isTrue();
    assertThat(ask(limits, zones, "b").refused()).isFalse();
    now += 1;
    assertThat(ask(limits, zones, "a").refused()).isFalse();
    assertThat(lines).containsExactly("ERROR limiting requests, excess: 0.001 by zone \"one\"");
  }

  @Test
  void aBurstIsDelayedToTheRate() throws Exception {
    ZoneSettings one = zone("one", 2_000);
    Zones zones = zones(one);
    RequestLimits limits = limits(new Limit(one, 3_000, 0));

    assertThat(ask(limits, zones, "a").delayMillis()).isZero();
    assertThat(ask(limits, zones, "a").delayMillis()).isEqualTo(500);
    now += 100;
    assertThat(ask(limits, zones, "a").delayMillis()).isEqualTo(900);
    assertThat(ask(limits, zones, "a").delayMillis()).isEqualTo(1_400);
    assertThat(ask(limits, zones, "a").refused()).isTrue();
    assertThat(lines)
        .containsExactly(
            "WARN delaying request, excess: 1.000, by zone \"one\"",
            "WARN delaying request, excess: 1.800, by zone \"one\"",
            "WARN delaying request, excess: 2.800, by zone \"one\"",
            "ERROR limiting requests, excess: 3.800 by zone \"one\"");
  }

  @Test
  void theFirstOfABurstMayPassWithoutDelay() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    Zones zones = zones(one);
    RequestLimits limits = limits(new Limit(one, 3_000, 2_000));

    for (long delay : new long[] {0, 0, 0, 1_000}) {
      assertThat(ask(limits, zones, "a").delayMillis()).isEqualTo(delay);
    }
    assertThat(ask(limits, zones, "a").refused()).isTrue();
  }

  @Test
  void theLongestOfSeveralDelaysCountsAndARefusalCountsInNone() throws Exception {
    ZoneSettings slow = zone("slow", 1_000);
    ZoneSettings quick = zone("quick", 10_000);
    Zones zones = zones(slow, quick);
    RequestLimits limits = limits(new Limit(slow, 2_000, 0), new Limit(quick, 5_000, 0));

    assertThat(ask(limits, zones, "a").delayMillis()).isZero();
    assertThat(ask(limits, zones, "a").delayMillis()).isEqualTo(1_000);
    assertThat(ask(limits, zones, "a").delayMillis()).isEqualTo(2_000);
    for (int i = 0; i < 3; i++) {
      assertThat(ask(limits, zones, "a").refused()).isTrue();
    }
    assertThat(ask(limits(new Limit(quick, 5_000, 0)), zones, "a").delayMillis()).isEqualTo(300);
    assertThat(lines.get(1)).isEqualTo("WARN delaying request, excess: 2.000, by zone \"slow\"");
  }

  @Test
  void oneRefusalReleasesWhatTheOthersHeld() throws Exception {
    ZoneSettings first = zone("first", 1_000);
    ZoneSettings strict = zone("strict", 1_000);
    Zones zones = zones(first, strict);
    RequestLimits limits = limits(new Limit(first, 5_000, NO_DELAY), new Limit(strict, 0, 0));

    ask(limits, zones, "a");
    assertThat(ask(limits, zones, "a").refused()).isTrue();
    now += 120_000;
    ask(limits(new Limit(first, 0, 0)), zones, "other");

    assertThat(zones.requests(first).states()).as("the idle one was dropped").isEqualTo(1);
  }

  @Test
  void anEmptyOrOverlongKeyIsNotCounted() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    Zones zones = zones(one);
    RequestLimits limits = limits(new Limit(one, 0, 0));

    for (String value : List.of("", "", "x".repeat(65_536), "x".repeat(65_536))) {
      LimitRecord record = new LimitRecord();
      assertThat(ask(limits, zones, value, record).refused()).isFalse();
      assertThat(record.requests()).isNull();
    }
    assertThat(zones.requests(one).states()).isZero();
    assertThat(lines)
        .hasSize(2)
        .allMatch(
            line ->
                line.startsWith(
                    "ERROR the value of the \"$key\" key is more than 65535 bytes: \"xx"));
  }

  @Test
  void aRequestIsAskedOnce() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    Zones zones = zones(one);
    RequestLimits limits = limits(new Limit(one, 0, 0));
    LimitRecord record = new LimitRecord();

    ask(limits, zones, "a", record);
    assertThat(ask(limits, zones, "a", record).refused()).isFalse();
    assertThat(record.requests()).isEqualTo(LimitStatus.PASSED);
  }

  @Test
  void aDryRunOnlySaysWhatItWouldDo() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    Zones zones = zones(one);
    RequestLimits limits =
        new RequestLimits(List.of(new Limit(one, 1_000, 0)), 503, Severity.NOTICE, true);
    List<LimitStatus> statuses = new ArrayList<>();

    for (int i = 0; i < 3; i++) {
      LimitRecord record = new LimitRecord();
      assertThat(ask(limits, zones, "a", record)).isEqualTo(new Verdict(false, 0));
      statuses.add(record.requests());
    }
    assertThat(statuses)
        .containsExactly(
            LimitStatus.PASSED, LimitStatus.DELAYED_DRY_RUN, LimitStatus.REJECTED_DRY_RUN);
    assertThat(lines)
        .containsExactly(
            "INFO delaying request, dry run, excess: 1.000, by zone \"one\"",
            "NOTICE limiting requests, dry run, excess: 2.000 by zone \"one\"");
  }

  @Test
  void twoIdleStatesGoWithEachNewOneAndTheOldestWhenThereIsNoRoom() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    Zones zones = zones(one);
    RequestZone states = zones.requests(one);
    RequestLimits limits = limits(new Limit(one, 0, 0));
    for (int i = 0; i < 191; i++) {
      ask(limits, zones, "key" + i);
    }
    assertThat(states.states()).as("as nginx in 32k").isEqualTo(191);
    assertThat(ask(limits, zones, "key0").refused()).isTrue(); // Used again: not the oldest.

    ask(limits, zones, "new");
    assertThat(states.states()).isEqualTo(191);
    assertThat(ask(limits, zones, "key0").refused()).as("kept").isTrue();
    assertThat(ask(limits, zones, "key1").refused()).as("forgotten").isFalse();

    now += 60_000;
    ask(limits, zones, "later");
    assertThat(states.states()).isEqualTo(190);
  }

  @Test
  void noRoomRefuses() throws Exception {
    ZoneSettings one = zone("one", 1_000);
    ZoneSettings other = zone("other", 1_000);
    Zones zones = zones(one, other);

    String tooLong = "x".repeat(40_000);
    assertThat(ask(limits(new Limit(one, 0, 0)), zones, tooLong).refused()).isTrue();
    assertThat(lines).containsExactly("ALERT could not allocate node in limit_req zone \"one\"");
  }

  /** Whatever comes, no more pass in a time than the rate and the burst allow. */
  @Test
  void neverMoreThanRateAndBurst() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      long rate = (1 + random.nextInt(50)) * 1_000L;
      int burst = random.nextInt(10);
      ZoneSettings one = zone("one", rate);
      Zones zones = zones(one);
      RequestLimits limits = limits(new Limit(one, burst * 1_000L, NO_DELAY));
      long start = now;
      long passed = 0;
      for (int i = 0; i < 500; i++) {
        now += random.nextInt(40);
        passed += ask(limits, zones, "a").refused() ? 0 : 1;
        assertThat(passed * 1_000)
            .isLessThanOrEqualTo((now - start) * rate / 1_000 + (burst + 1) * 1_000L);
      }
    }
  }

  @Test
  void zonesGoOnAfterAReloadUnlessTheirSizeChanges() throws Exception {
    ZoneSettings before = zone("one", 1_000);
    Zones first = zones(before);
    ask(limits(new Limit(before, 0, 0)), first, "a");

    ZoneSettings faster = zone("one", 2_000);
    Zones second = Zones.open(List.of(faster), first, () -> now);
    now += 400;
    assertThat(ask(limits(new Limit(faster, 0, 0)), second, "a").refused()).isTrue();

    ZoneSettings larger = new ZoneSettings(Kind.REQUESTS, "one", keyTemplate, 64 * 1024, 1_000);
    Zones third = Zones.open(List.of(larger), second, () -> now);
    assertThat(ask(limits(new Limit(larger, 0, 0)), third, "a").refused()).isFalse();

    ZoneSettings other =
        new ZoneSettings(Kind.REQUESTS, "one", Template.constant("x"), 64 * 1024, 1_000);
    assertThatThrownBy(() -> Zones.open(List.of(other), third, () -> now))
        .hasMessage(
            "limit_req \"one\" uses the \"x\" key while previously it used the \"$key\" key");
  }
}
