package org.culvert.limit;

/** A zone that is to go on after a reload has another key; the message is nginx's. */
public final class ZoneConflictException extends Exception {
  private static final long serialVersionUID = 1L;

  ZoneConflictException(ZoneSettings now, ZoneSettings before) {
    super(
        (now.kind() == ZoneSettings.Kind.REQUESTS ? "limit_req" : "limit_conn_zone")
            + " \""
            + now.name()
            + "\" uses the \""
            + now.key().source()
            + "\" key while previously it used the \""
            + before.key().source()
            + "\" key");
  }
}
