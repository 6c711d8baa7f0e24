package org.culvert.samples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
  private static final long MILLISECOND = 1_000_000;

  @Test
  void keepsTheRateWhateverTheTicks() {
    Pace pace = new Pace(30, 0);
    int taken = 0;
    for (int tick = 1; tick <= 1000; tick++) {
      taken += pace.take(100, tick * 10 * MILLISECOND);
    }
    assertThat(taken).isBetween(299, 300);
  }

  @Test
  void takesNoMoreThanThereIsRoomFor() {
    Pace pace = new Pace(1000, 0);
    assertThat(pace.take(3, 10 * MILLISECOND)).isEqualTo(3);
    assertThat(pace.take(100, 10 * MILLISECOND)).isEqualTo(7);
  }

  @Test
  void noBurstFollowsAPause() {
    Pace pace = new Pace(100, 0);
    assertThat(pace.take(1000, 60_000 * MILLISECOND)).isEqualTo(11);
  }

  @Test
  void anotherRateHoldsFromNowOn() {
    Pace pace = new Pace(1, 0);
    pace.change(1000, 500 * MILLISECOND);
    assertThat(pace.take(100, 510 * MILLISECOND)).isEqualTo(10);
  }
}
