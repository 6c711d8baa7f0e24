package org.culvert.upstream;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An upstream at run time: its peers and how one is chosen among them, backups only when no other
 * can be used. Thread-safe.
 */
public final class UpstreamGroup {
  private final UpstreamSettings settings;
  private final List<Peer> peers;
  private final Balancer primary;
  private final Balancer backup;
  private final int tries;

  /** A group whose peers are all new. */
  public UpstreamGroup(UpstreamSettings settings) {
    this(settings, null, System::nanoTime);
  }

  /**
   * A group that takes over what is known of peers that are configured as before.
   *
   * @param former the group of that name before a reload, or null
   * @param nanoTime the clock
   */
  public UpstreamGroup(
      UpstreamSettings settings, @Nullable UpstreamGroup former, LongSupplier nanoTime) {
    this.settings = settings;
    Map<PeerSettings, Peer> known = new HashMap<>();
    if (former != null) {
      former.peers.forEach(peer -> known.put(peer.settings(), peer));
    }
    this.peers =
        settings.peers().stream()
            .map(
                peer -> {
                  Peer kept = known.remove(peer);
                  return kept == null ? new Peer(peer) : kept;
                })
            .toList();
    boolean single = peers.size() == 1;
    this.primary = new SmoothRoundRobin(select(false), single, nanoTime);
    this.backup = new SmoothRoundRobin(select(true), single, nanoTime);
    this.tries = (int) peers.stream().filter(peer -> !peer.settings().down()).count();
  }

  private List<Peer> select(boolean backups) {
    return peers.stream().filter(peer -> peer.settings().backup() == backups).toList();
  }

  /** As configured. */
  public UpstreamSettings settings() {
    return settings;
  }

  /** All its peers, in the order of the configuration. */
  public List<Peer> peers() {
    return peers;
  }

  /** How many peers a request may try at most. */
  public int tries() {
    return tries;
  }

  /**
   * Chooses a peer and counts it in flight until {@link #done}.
   *
   * @param tried peers that this request has been to already
   * @return null when no peer can be used
   */
  public synchronized @Nullable Peer choose(Set<Peer> tried) {
    Peer peer = primary.choose(tried);
    if (peer == null) {
      peer = backup.choose(tried);
    }
    if (peer != null) {
      peer.begun();
    }
    return peer;
  }

  /** Counts another attempt at a peer that was chosen before. */
  public void again(Peer peer) {
    peer.begun();
  }

  /**
   * What {@link #choose} began has ended.
   *
   * @param failed whether it counts against the peer
   */
  public synchronized void done(Peer peer, boolean failed) {
    peer.ended();
    (peer.settings().backup() ? backup : primary).done(peer, failed);
  }

  @Override
  public String toString() {
    return settings.name() + peers;
  }
}
