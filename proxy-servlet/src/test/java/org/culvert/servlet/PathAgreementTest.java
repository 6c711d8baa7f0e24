package org.culvert.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import org.culvert.http.RequestTarget;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which paths the container and Culvert read alike; the others are refused with 400. */
class PathAgreementTest {
  @ParameterizedTest
  @CsvSource({
    "/,/",
    "/a/b,/a/b",
    "/a%20b,'/a b'",
    "/a/./b/../c,/a/c",
    "//a///b,/a/b",
    "/a;v=1/b;jsessionid=2,/a/b",
    "/a%3Bv/b,/a;v/b",
    "/%61dmin,/admin",
    "/a?x=/../..;y,/a",
    // a welcome file, which Tomcat puts behind a folder before any filter
    "/,/index.html",
    "/a/,/a/index.html",
  })
  void theSameReadingPasses(String raw, String containerPath) throws Exception {
    assertThat(PathAgreement.agrees(RequestTarget.parse(raw), containerPath)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    // an encoded separator, whatever the container makes of it
    "/a%2Fb,/a/b",
    "/a%2fb,/a%2fb",
    "/a%5Cb,/a\\b",
    "/a\\b,/a/b",
    // parameters in a dot segment: some containers take them away first and then go up
    "/public/..;/admin,/admin",
    "/public/..;/admin,/public/..;/admin",
    "/public/%2e%2e;x=1/admin,/admin",
    "/public/.;/admin,/public/admin",
    "/public/;/admin,/public/admin",
    // another reading
    "/a/../b,/a/../b",
    "/a%3Bv/b,/a/b",
    "/%2561dmin,/admin",
    "/a,/b",
    "/a,/a/index.html",
    "/a/,/a/b/index.html",
  })
  void anyOtherIsRefused(String raw, String containerPath) throws Exception {
    assertThat(PathAgreement.agrees(RequestTarget.parse(raw), containerPath)).isFalse();
  }
}
