package org.culvert.it.corpus;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The launcher answers as nginx does, and asks backends as it does. */
class LauncherCorpusIT {
  private static CorpusTests tests;

  @BeforeAll
  static void start() throws Exception {
    tests = new CorpusTests(ProcessServer::launcher, "launcher");
  }

  @AfterAll
  static void stop() throws Exception {
    if (tests != null) {
      tests.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> answersAsNginxDoes() throws IOException {
    return tests.all();
  }
}
