package org.culvert.servlet;

import org.culvert.exchange.ProxySettings.WebSocketMode;
import org.culvert.upgrade.Offer;
import org.jspecify.annotations.Nullable;

/** How the client of one request can be given what it asks its connection to be upgraded to. */
@FunctionalInterface
interface UpgradeWay {
  /** What carries the upgrade; null where nothing can: the request goes on as a plain one. */
  @Nullable UpgradeCycle cycle(RequestCycle cycle, WebSocketMode mode, Offer.Wanted offer);
}
