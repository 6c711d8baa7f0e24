package org.culvert.limit;

/**
 * The room of a zone, counted as nginx's slab allocator gives out shared memory: blocks of a power
 * of two, and whole pages above half a page. So a size has room for as many states as in nginx.
 * Guarded by who has it.
 */
final class ZoneMemory {
  private static final int PAGE = 4096;

  /** The allocator's own head ({@code ngx_slab_pool_t} with its slots), and for each page. */
  private static final int HEAD = 704;

  private static final int PAGE_HEAD = 24;

  /** The least that nginx takes for a zone's size. */
  static final long LEAST = 8L * PAGE;

  private long free;

  /**
   * Room.
   *
   * @param size the zone's
   * @param taken the bytes that the zone itself takes of it; its name takes a page
   */
  ZoneMemory(long size, int taken) {
    long pages = (size - HEAD) / (PAGE + PAGE_HEAD);
    long start = roundUp(HEAD + pages * PAGE_HEAD);
    free = Math.min(pages, (size - start) / PAGE) * PAGE - PAGE - block(taken);
  }

  private static long roundUp(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  private static long block(int bytes) {
    return bytes > PAGE / 2 ? roundUp(bytes) : Integer.highestOneBit(Math.max(8, bytes) * 2 - 1);
  }

  /** Takes a block; false where there is no room. */
  boolean take(int bytes) {
    long block = block(bytes);
    if (block > free) {
      return false;
    }
    free -= block;
    return true;
  }

  /** Takes a block whether there is room or not. */
  void owe(int bytes) {
    free -= block(bytes);
  }

  /** Gives a block back. */
  void give(int bytes) {
    free += block(bytes);
  }
}
