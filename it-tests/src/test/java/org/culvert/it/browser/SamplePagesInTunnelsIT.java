package org.culvert.it.browser;

import org.junit.jupiter.api.Tag;

/** The same, their WebSockets tunnelled: Chromium speaks to the samples' container itself. */
@Tag("long")
class SamplePagesInTunnelsIT extends SamplePagesIT {
  @Override
  String mode() {
    return "tunnel";
  }
}
