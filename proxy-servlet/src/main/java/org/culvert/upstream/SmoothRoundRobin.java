package org.culvert.upstream;

import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * nginx's smooth weighted round robin: of weights 5, 1, 1 the order is a a b a c a a, not a a a a a
 * b c. A failing peer's weight falls and recovers step by step. One peer alone is always used,
 * whatever its health (nginx, {@code ngx_http_upstream_round_robin.c}).
 */
public final class SmoothRoundRobin implements Balancer {
  private static final class Slot {
    final Peer peer;
    final int weight;
    int effective;
    int current;

    Slot(Peer peer) {
      this.peer = peer;
      this.weight = peer.settings().weight();
      this.effective = weight;
    }
  }

  private final List<Slot> slots;
  private final boolean ignoreHealth;
  private final LongSupplier nanoTime;

  /**
   * A balancer.
   *
   * @param ignoreHealth whether the peer is the group's only one
   * @param nanoTime the clock
   */
  public SmoothRoundRobin(List<Peer> peers, boolean ignoreHealth, LongSupplier nanoTime) {
    this.slots = peers.stream().map(Slot::new).toList();
    this.ignoreHealth = ignoreHealth;
    this.nanoTime = nanoTime;
  }

  @Override
  public @Nullable Peer choose(Set<Peer> tried) {
    long now = nanoTime.getAsLong();
    Slot best = null;
    int total = 0;
    for (Slot slot : slots) {
      if (!usable(slot, tried, now)) {
        continue;
      }
      slot.current += slot.effective;
      total += slot.effective;
      if (slot.effective < slot.weight) {
        slot.effective++;
      }
      if (best == null || slot.current > best.current) {
        best = slot;
      }
    }
    if (best == null) {
      return null;
    }
    best.current -= total;
    best.peer.health().chosen(now);
    return best.peer;
  }

  private boolean usable(Slot slot, Set<Peer> tried, long now) {
    return !slot.peer.settings().down()
        && !tried.contains(slot.peer)
        && (ignoreHealth || slot.peer.health().usable(now));
  }

  @Override
  public void done(Peer peer, boolean failed) {
    if (ignoreHealth) {
      return;
    }
    if (!failed) {
      peer.health().succeeded();
      return;
    }
    peer.health().failed(nanoTime.getAsLong());
    for (Slot slot : slots) {
      if (slot.peer == peer && peer.settings().maxFails() > 0) {
        slot.effective = Math.max(0, slot.effective - slot.weight / peer.settings().maxFails());
      }
    }
  }
}
