package org.culvert.exchange;

/** Told once, on any thread, when an operation that does not block has ended. */
public interface Completion {
  /** It is done. */
  void succeeded();

  /** It failed; nothing further will come of it. */
  void failed(Throwable cause);
}
