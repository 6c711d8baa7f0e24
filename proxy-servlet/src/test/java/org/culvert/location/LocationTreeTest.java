package org.culvert.location;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocationTreeTest {
  /** The example of nginx's documentation, with a nested level. */
  private static final LocationTree<String> TREE =
      LocationTree.<String>builder()
          .exact("/", "A")
          .prefix("/", false, "B", null)
          .prefix("/documents/", false, "C", null)
          .prefix("/images/", true, "D", null)
          .regex(Pattern.compile("\\.(gif|jpg|jpeg)$", Pattern.CASE_INSENSITIVE), "E", null)
          .prefix(
              "/nest",
              false,
              "N",
              LocationTree.<String>builder()
                  .exact("/nest/exact", "N1")
                  .prefix("/nest/deep", true, "N2", null)
                  .regex(Pattern.compile("\\.gif$"), "N3", null)
                  .build())
          .regex(
              Pattern.compile("^/re/(.*)$"),
              "R",
              LocationTree.<String>builder()
                  .exact("/re/exact", "R1")
                  .regex(Pattern.compile("/(x)"), "R2", null)
                  .build())
          .named("@fallback", "F")
          .build();

  @ParameterizedTest
  @CsvSource({
    "/,                    A",
    "/index.html,          B",
    "/documents/doc.html,  C",
    "/documents,           B",
    "/images/1.gif,        D",
    "/documents/1.JPG,     E",
    "/x.gif,               E",
    "/nest,                N",
    "/nested/a,            N",
    "/nest/exact,          N1",
    "/nest/deeper,         N2",
    "/nest/a.gif,          N3",
    "/nest/deep/a.gif,     E",
    "/nest/a.jpg,          E",
    "/re/a,                R",
    "/re/exact,            R1",
    "/re/x,                R2",
  })
  void isSearchedInNginxOrder(String path, String found) {
    assertThat(TREE.find(path).found()).isEqualTo(found);
  }

  @Test
  void givesTheCapturesOfTheRegexThatWon() {
    assertThat(TREE.find("/re/abc").captures().group(1)).isEqualTo("abc");
    assertThat(TREE.find("/re/x").captures().group(1)).isEqualTo("x");
    assertThat(TREE.find("/re/exact").captures().group(1)).isEqualTo("exact");
    assertThat(TREE.find("/documents/").captures()).isNull();
  }

  @Test
  void findsNothingWhereNothingMatches() {
    LocationTree<String> tree =
        LocationTree.<String>builder().prefix("/a/", false, "a", null).build();
    assertThat(tree.find("/b")).isNull();
    assertThat(tree.find("/a")).isNull();
    assertThat(tree.find("/")).isNull();
    assertThat(LocationTree.<String>builder().build().find("/")).isNull();
  }

  @Test
  void findsNamedLocationsByNameOnly() {
    assertThat(TREE.named("@fallback")).isEqualTo("F");
    assertThat(TREE.named("@other")).isNull();
  }

  @Test
  void sendsARequestWithoutTheFinalSlashToTheProxyingLocation() {
    LocationTree<String> tree =
        LocationTree.<String>builder()
            .prefix("/", false, "root", null)
            .prefix("/user/", false, "user", null)
            .slashRedirect("/user/")
            .prefix("/own/", false, "own/", null)
            .slashRedirect("/own/")
            .exact("/own", "own")
            .regex(Pattern.compile("^/user$"), "regex", null)
            .build();
    assertThat(tree.find("/user")).isEqualTo(new LocationMatch<>("user", null, "/user/"));
    assertThat(tree.find("/own").found()).isEqualTo("own");
    assertThat(tree.find("/user/x").slashTo()).isNull();
    assertThat(tree.find("/use").found()).isEqualTo("root");
  }

  @Test
  void findsTheLongestOfManyPrefixes() {
    LocationTree.Builder<String> builder = LocationTree.builder();
    for (String path : new String[] {"/", "/a", "/a/b", "/a/b/c", "/a-b", "/ab", "/a/c", "/b"}) {
      builder.prefix(path, false, path, null);
    }
    LocationTree<String> tree = builder.build();
    assertThat(tree.find("/a/b/d").found()).isEqualTo("/a/b");
    assertThat(tree.find("/a/b/cd").found()).isEqualTo("/a/b/c");
    assertThat(tree.find("/a/bb").found()).isEqualTo("/a/b");
    assertThat(tree.find("/a/a").found()).isEqualTo("/a");
    assertThat(tree.find("/a-a").found()).isEqualTo("/a");
    assertThat(tree.find("/c").found()).isEqualTo("/");
    assertThat(tree.find("/bz").found()).isEqualTo("/b");
  }
}
