package org.culvert.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.culvert.limit.ConnectionLimits.Limit;
import org.culvert.limit.ZoneSettings.Kind;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Counts that are exact whatever order requests begin and end in. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ConnectionLimitsTest {
  private final List<String> lines = new ArrayList<>();

  private static ZoneSettings zone(String name, String key) {
    return new ZoneSettings(Kind.CONNECTIONS, name, Template.constant(key), 32 * 1024, 0);
  }

  private boolean take(ConnectionLimits limits, Zones zones, LimitRecord record, CountedKeys keys) {
    return limits.take(
        zones, record, new Scope(), keys, (severity, text) -> lines.add(severity + " " + text));
  }

  private static ConnectionLimits limits(boolean dryRun, Limit... limits) {
    return new ConnectionLimits(List.of(limits), 503, Severity.WARN, dryRun);
  }

  @Test
  void aRefusalCountsInNoZone() throws Exception {
    ZoneSettings wide = zone("wide", "a");
    ZoneSettings narrow = zone("narrow", "b");
    Zones zones = Zones.open(List.of(wide, narrow), null);
    ConnectionLimits limits = limits(false, new Limit(wide, 9), new Limit(narrow, 1));
    CountedKeys first = new CountedKeys();
    LimitRecord record = new LimitRecord();

    assertThat(take(limits, zones, new LimitRecord(), first)).isTrue();
    assertThat(take(limits, zones, record, new CountedKeys())).isFalse();

    assertThat(zones.connections(wide).count("a")).isEqualTo(1);
    assertThat(record.connections()).isEqualTo(LimitStatus.REJECTED);
    assertThat(lines).containsExactly("WARN limiting connections by zone \"narrow\"");
    first.close();
    assertThat(zones.connections(wide).states()).isZero();
    assertThat(zones.connections(narrow).states()).isZero();
  }

  @Test
  void aDryRunLetsPassWhatItWouldRefuseAndDoesNotCountIt() throws Exception {
    ZoneSettings one = zone("one", "a");
    Zones zones = Zones.open(List.of(one), null);
    ConnectionLimits limits = limits(true, new Limit(one, 1));
    LimitRecord record = new LimitRecord();

    assertThat(take(limits, zones, new LimitRecord(), new CountedKeys())).isTrue();
    assertThat(take(limits, zones, record, new CountedKeys())).isTrue();

    assertThat(zones.connections(one).count("a")).isEqualTo(1);
    assertThat(record.connections()).isEqualTo(LimitStatus.REJECTED_DRY_RUN);
    assertThat(lines).containsExactly("WARN limiting connections, dry run, by zone \"one\"");
  }

  @Test
  void emptyAndOverlongKeysAreNotCounted() throws Exception {
    ZoneSettings empty = zone("empty", "");
    ZoneSettings overlong = zone("overlong", "x".repeat(256));
    Zones zones = Zones.open(List.of(empty, overlong), null);
    ConnectionLimits limits = limits(false, new Limit(empty, 1), new Limit(overlong, 1));

    for (int i = 0; i < 3; i++) {
      LimitRecord record = new LimitRecord();
      assertThat(take(limits, zones, record, new CountedKeys())).isTrue();
      assertThat(record.connections()).isNull();
    }
    assertThat(lines).allMatch(line -> line.contains("key is more than 255 bytes")).hasSize(3);
  }

  @Test
  void aFullZoneRefusesAndHasRoomAgain() {
    ConnectionZone zone = new ConnectionZone(32 * 1024);
    for (int i = 0; i < 383; i++) {
      assertThat(zone.take("key" + i, 5)).isEqualTo(ConnectionZone.Reply.COUNTED);
    }
    assertThat(zone.take("one more", 5)).isEqualTo(ConnectionZone.Reply.NO_ROOM);
    assertThat(zone.take("key0", 5)).isEqualTo(ConnectionZone.Reply.COUNTED);
    zone.give("key7");
    assertThat(zone.take("one more", 5)).isEqualTo(ConnectionZone.Reply.COUNTED);
  }

  @Test
  void whatIsCountedAfterTheEndIsGivenBackAtOnce() {
    ConnectionZone zone = new ConnectionZone(32 * 1024);
    CountedKeys keys = new CountedKeys();
    keys.close();
    zone.take("a", 5);
    keys.add(zone, "a");
    keys.resume();
    assertThat(zone.states()).isZero();
  }

  /** Any sequence of a request's events, from several threads, ends with its count given back. */
  @Test
  void countsAreExactUnderEveryEnding() throws Exception {
    ConnectionZone zone = new ConnectionZone(64 * 1024);
    AtomicInteger above = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    CountDownLatch begin = new CountDownLatch(1);
    for (int t = 0; t < 4; t++) {
      Random random = new Random(t);
      Thread thread =
          new Thread(
              () -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  return;
                }
                for (int i = 0; i < 5_000; i++) {
                  requestWithAnyEvents(zone, random, above);
                }
              });
      thread.start();
      threads.add(thread);
    }
    begin.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(zone.states()).isZero();
    assertThat(above).hasValue(0);
    for (int i = 0; i < 700; i++) {
      assertThat(zone.take("key" + i, 1))
          .as("all room is there")
          .isEqualTo(ConnectionZone.Reply.COUNTED);
    }
  }

  private static void requestWithAnyEvents(
      ConnectionZone zone, Random random, AtomicInteger above) {
    CountedKeys keys = new CountedKeys();
    for (String key : List.of("k" + random.nextInt(3), "l" + random.nextInt(3))) {
      if (zone.take(key, 4) == ConnectionZone.Reply.COUNTED) {
        keys.add(zone, key);
      }
      above.addAndGet(zone.count(key) > 4 ? 1 : 0);
    }
    for (int events = random.nextInt(5); events > 0; events--) {
      if (random.nextBoolean()) {
        keys.suspend();
      } else {
        keys.close();
      }
    }
    keys.close();
    keys.resume();
  }
}
