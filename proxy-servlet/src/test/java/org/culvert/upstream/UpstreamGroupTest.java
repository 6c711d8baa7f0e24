package org.culvert.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Choice and health of peers, by nginx's source. */
final class UpstreamGroupTest {
  private long now = TimeUnit.HOURS.toNanos(1);

  private static PeerSettings peer(int port, int weight, int maxFails, boolean backup) {
    return new PeerSettings(
        new InetSocketAddress("127.0.0.1", port),
        "s" + port,
        weight,
        maxFails,
        Duration.ofSeconds(10),
        backup,
        false);
  }

  private UpstreamGroup group(PeerSettings... peers) {
    return new UpstreamGroup(new UpstreamSettings("backend", List.of(peers), 32), null, () -> now);
  }

  private static int choose(UpstreamGroup group, boolean failed) {
    Peer peer = group.choose(Set.of());
    if (peer == null) {
      return 0;
    }
    group.done(peer, failed);
    return ((InetSocketAddress) peer.settings().address()).getPort();
  }

  @Test
  void weightsAreSpreadSmoothly() {
    UpstreamGroup group = group(peer(1, 5, 1, false), peer(2, 1, 1, false), peer(3, 1, 1, false));
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      order.add(choose(group, false));
    }
    assertThat(order).containsExactly(1, 1, 2, 1, 3, 1, 1);
  }

  @Test
  void aFailedPeerRestsForItsTimeAndIsThenTriedOnce() {
    UpstreamGroup group = group(peer(1, 1, 1, false), peer(2, 1, 1, false));
    assertThat(choose(group, true)).isEqualTo(1);
    for (int i = 0; i < 4; i++) {
      assertThat(choose(group, false)).isEqualTo(2);
    }
    now += TimeUnit.SECONDS.toNanos(11);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Peer peer = group.choose(Set.of());
      order.add(((InetSocketAddress) peer.settings().address()).getPort());
    }
    // While the probe is out the peer is not chosen again.
    assertThat(order).containsOnlyOnce(1);
    group.done(group.peers().get(0), false);
    assertThat(group.peers().get(0).health().fails()).isZero();
    assertThat(List.of(choose(group, false), choose(group, false))).contains(1);
  }

  @Test
  void failuresOfOneServerAloneAreIgnored() {
    UpstreamGroup group = group(peer(1, 1, 1, false));
    assertThat(choose(group, true)).isEqualTo(1);
    assertThat(choose(group, true)).isEqualTo(1);
  }

  @Test
  void backupsServeOnlyWhenNobodyElseCan() {
    UpstreamGroup group = group(peer(1, 1, 1, false), peer(2, 1, 1, true));
    assertThat(choose(group, false)).isEqualTo(1);
    assertThat(choose(group, true)).isEqualTo(1);
    assertThat(choose(group, false)).isEqualTo(2);
    assertThat(choose(group, true)).isEqualTo(2);
    assertThat(choose(group, false)).isZero();
  }

  @Test
  void whatIsTriedIsNotTriedAgain() {
    UpstreamGroup group = group(peer(1, 1, 0, false), peer(2, 1, 0, false));
    Peer first = group.choose(Set.of());
    Peer second = group.choose(Set.of(first));
    assertThat(second).isNotSameAs(first);
    assertThat(group.choose(Set.of(first, second))).isNull();
    assertThat(first.inFlight()).isEqualTo(1);
    group.done(first, false);
    group.done(second, false);
    assertThat(first.inFlight() + second.inFlight()).isZero();
  }

  @Test
  void aReloadKeepsWhatIsUnchanged() {
    UpstreamSettings old =
        new UpstreamSettings("b", List.of(peer(1, 1, 1, false), peer(2, 1, 1, false)), 32);
    UpstreamSettings changed =
        new UpstreamSettings("b", List.of(peer(2, 1, 1, false), peer(3, 1, 1, false)), 32);
    UpstreamSettings other = new UpstreamSettings("o", List.of(peer(9, 1, 1, false)), 32);
    UpstreamGroups before = new UpstreamGroups(List.of(old, other), null);
    UpstreamGroups after = new UpstreamGroups(List.of(changed, other), before);
    assertThat(after.group(other)).isSameAs(before.group(other));
    assertThat(after.group(changed).peers().get(0)).isSameAs(before.group(old).peers().get(1));
    assertThat(after.named("B")).isSameAs(after.group(changed));
  }
}
