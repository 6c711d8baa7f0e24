package org.culvert.samples;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * One look at the server.
 *
 * @param at when, in milliseconds since the epoch
 * @param cpu the share of all processors that this JVM used since the last look, 0 to 1, or NaN
 *     where the JVM does not say
 * @param heapUsed bytes
 * @param heapLimit bytes
 * @param threads live threads of the JVM
 * @param received messages received by the samples since they started
 * @param sent messages sent by them
 * @param open their open sessions
 */
record Vitals(
    long at,
    double cpu,
    long heapUsed,
    long heapLimit,
    int threads,
    long received,
    long sent,
    long open) {

  /** Looks now. */
  static Vitals now() {
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    return new Vitals(
        System.currentTimeMillis(),
        processCpuLoad(),
        heap.getUsed(),
        heap.getMax() < 0 ? heap.getCommitted() : heap.getMax(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        Traffic.received(),
        Traffic.sent(),
        Traffic.open());
  }

  /** The dashboard's message: this look, and the rates since the one before. */
  String since(Vitals before) {
    double seconds = Math.max(at - before.at, 1) / 1000.0;
    return Json.text(
        Json.object(
            "at", at,
            "cpu", cpu,
            "heapUsed", heapUsed,
            "heapLimit", heapLimit,
            "threads", threads,
            "received", (received - before.received) / seconds,
            "sent", (sent - before.sent) / seconds,
            "open", open));
  }

  /**
   * By name: com.sun.management is no part of Java SE, and some servers hide it from their WARs.
   */
  private static double processCpuLoad() {
    try {
      MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
      Object load =
          beans.getAttribute(
              new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), "ProcessCpuLoad");
      return load instanceof Double share && share >= 0 ? share : Double.NaN;
    } catch (JMException unknown) {
      return Double.NaN;
    }
  }
}
