package org.culvert.upstream;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A method of choosing among peers. Called under its group's lock. */
public interface Balancer {
  /**
   * The peer for the next attempt, or null when none can be used now.
   *
   * @param tried peers that this request has been to already
   */
  @Nullable Peer choose(Set<Peer> tried);

  /**
   * An attempt at a chosen peer has ended.
   *
   * @param failed whether it counts against the peer
   */
  void done(Peer peer, boolean failed);
}
