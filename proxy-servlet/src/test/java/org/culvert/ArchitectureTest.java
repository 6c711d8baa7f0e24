package org.culvert;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The arrows of the design: every import between packages that is allowed, and no other. */
@AnalyzeClasses(
    packages = "org.culvert",
    importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class ArchitectureTest {
  private static final String ROOT = "org.culvert.";

  /** Package to the packages that it may import. */
  private static final Map<String, Set<String>> ARROWS = new TreeMap<>();

  static {
    ARROWS.put("http", Set.of());
    ARROWS.put("conf", Set.of());
    ARROWS.put("regex", Set.of());
    ARROWS.put("variable", Set.of("http", "regex"));
    ARROWS.put("location", Set.of("regex"));
    ARROWS.put("rewrite", Set.of("http", "variable", "location", "regex"));
    ARROWS.put("access", Set.of("http", "variable"));
    ARROWS.put("limit", Set.of("http", "variable"));
    ARROWS.put("encoding", Set.of("http", "variable"));
    ARROWS.put("content", Set.of("http", "variable", "encoding", "observe"));
    ARROWS.put("resolver", Set.of("http"));
    ARROWS.put("upstream", Set.of("http"));
    ARROWS.put("observe", Set.of("http", "variable"));
    ARROWS.put("exchange", Set.of("http", "variable", "resolver", "upstream", "observe"));
    ARROWS.put("tunnel", Set.of());
    ARROWS.put("upgrade", Set.of("tunnel", "exchange", "upstream", "observe", "variable", "http"));
    ARROWS.put("policy", Set.of("upgrade", "http", "variable", "observe"));
    ARROWS.put("console", Set.of("observe", "upstream", "upgrade", "http"));
    ARROWS.put(
        "directive",
        Set.of(
            "conf",
            "regex",
            "http",
            "variable",
            "location",
            "rewrite",
            "access",
            "limit",
            "encoding",
            "content",
            "resolver",
            "upstream",
            "observe",
            "exchange",
            "tunnel",
            "upgrade",
            "policy"));
    ARROWS.put(
        "servlet",
        Set.of(
            "conf",
            "regex",
            "http",
            "variable",
            "location",
            "rewrite",
            "access",
            "limit",
            "encoding",
            "content",
            "upstream",
            "observe",
            "exchange",
            "tunnel",
            "upgrade",
            "policy",
            "console",
            "directive"));
  }

  private static final DescribedPredicate<JavaClass> NAMED_JETTY = topLevelNameStarts("Jetty");

  private static final DescribedPredicate<JavaClass> TOMCAT_IN_SERVLET =
      topLevelNameStarts("Tomcat").and(resideInAnyPackage(ROOT + "servlet"));

  @ArchTest
  static final ArchRule JAKARTA_IS_IMPORTED_BY_SERVLET_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "servlet")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jakarta..");

  @ArchTest
  static final ArchRule JETTY_IS_IMPORTED_BY_CLASSES_NAMED_JETTY_ONLY =
      noClasses()
          .that(DescribedPredicate.not(NAMED_JETTY))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.eclipse.jetty..");

  @ArchTest
  static final ArchRule TOMCAT_IS_IMPORTED_BY_TOMCAT_ADAPTERS_ONLY =
      noClasses()
          .that(DescribedPredicate.not(TOMCAT_IN_SERVLET))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.catalina..", "org.apache.coyote..", "org.apache.tomcat..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule PACKAGES_FORM_NO_CYCLE =
      slices().matching("org.culvert.(*)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule EVERY_CLASS_IS_IN_A_PACKAGE_OF_THE_DESIGN =
      classes()
          .should()
          .resideInAnyPackage(ARROWS.keySet().stream().map(ROOT::concat).toArray(String[]::new));

  @ArchTest
  static void packagesImportOnlyWhatTheDesignAllows(JavaClasses all) {
    ARROWS.forEach(
        (name, allowed) -> {
          String[] forbidden =
              ARROWS.keySet().stream()
                  .filter(other -> !other.equals(name) && !allowed.contains(other))
                  .map(ROOT::concat)
                  .toArray(String[]::new);
          noClasses()
              .that()
              .resideInAPackage(ROOT + name)
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(forbidden)
              .as("package " + name + " should import only " + allowed)
              .allowEmptyShould(true)
              .check(all);
        });
  }

  /** Guards the test itself: an import that finds nothing would let every rule pass. */
  @ArchTest
  static void theImportFindsThePackages(JavaClasses all) {
    List<String> needed = Arrays.asList("http", "conf", "directive", "exchange");
    assertThat(all.stream().map(JavaClass::getPackageName).distinct())
        .containsAll(needed.stream().map(ROOT::concat).toList());
  }

  private static DescribedPredicate<JavaClass> topLevelNameStarts(String prefix) {
    return describe(
        "named " + prefix + "*",
        type -> {
          String name = type.getName().substring(type.getName().lastIndexOf('.') + 1);
          return name.startsWith(prefix);
        });
  }
}
