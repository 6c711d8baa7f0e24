package org.culvert.launcher;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A proxy that runs on a thread of the test's, and is stopped after it. */
abstract class RunningMaster {
  @Nullable Master master;
  @Nullable Thread running;

  /** Starts one. */
  final Master run(Command command) throws Exception {
    Master started = new Master(command, command.read());
    master = started;
    started.start();
    Thread thread =
        new Thread(
            () -> {
              try {
                started.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    running = thread;
    thread.start();
    return started;
  }

  @AfterEach
  final void stopMaster() throws Exception {
    if (master != null) {
      master.tell(Signals.STOP);
      if (running != null) {
        running.join();
      }
      master.close();
    }
  }
}
