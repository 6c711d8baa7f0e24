package org.culvert.it.jar;

import org.culvert.it.Archives;
import org.culvert.it.Mount;
import org.culvert.it.app.AddsFilter;
import org.culvert.it.app.AddsFilterLate;
import org.culvert.it.app.Deny;
import org.culvert.it.app.DenyByAnnotation;
import org.culvert.it.app.DenyByDescriptor;
import org.culvert.it.app.DenyByInitializer;
import org.culvert.it.app.DenyByListener;
import org.culvert.it.app.ForbidsAsync;
import org.culvert.it.app.LogsIn;
import org.culvert.it.app.OwnEndpoint;
import org.culvert.it.app.OwnServlet;
import org.culvert.it.app.WhatIsRegistered;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.ByteArrayAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/**
 * An application of its own that has the proxy's JAR inside: servlets, pages, an endpoint, and
 * filters declared in every way there is.
 */
final class Application {
  private static final String WEB_XML =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <filter>
          <filter-name>deny-by-descriptor</filter-name>
          <filter-class>org.culvert.it.app.DenyByDescriptor</filter-class>
          <async-supported>true</async-supported>
        </filter>
        <filter-mapping>
          <filter-name>deny-by-descriptor</filter-name>
          <url-pattern>/*</url-pattern>
        </filter-mapping>
        <security-constraint>
          <web-resource-collection>
            <web-resource-name>nobody</web-resource-name>
            <url-pattern>/constrained/*</url-pattern>
          </web-resource-collection>
          <auth-constraint/>
        </security-constraint>
      </web-app>
      """;

  private Application() {}

  static WebArchive with(Mount mount, String configuration) {
    // the initializer's jar stands behind the proxy's by name
    JavaArchive library =
        ShrinkWrap.create(JavaArchive.class, "zz-library.jar")
            .addClasses(AddsFilter.class, DenyByInitializer.class)
            .addAsServiceProvider(
                "jakarta.servlet.ServletContainerInitializer", AddsFilter.class.getName());
    return Archives.withJar(mount, configuration)
        .setWebXML(new StringAsset(WEB_XML))
        // as a file: ShrinkWrap explodes nested archives, and Tomcat takes no directory for a jar
        .add(
            new ByteArrayAsset(library.as(ZipExporter.class).exportAsInputStream()),
            "WEB-INF/lib/zz-library.jar")
        .addClasses(
            Deny.class,
            DenyByDescriptor.class,
            DenyByAnnotation.class,
            DenyByListener.class,
            AddsFilterLate.class,
            ForbidsAsync.class,
            LogsIn.class,
            OwnEndpoint.class,
            OwnServlet.class,
            WhatIsRegistered.class)
        .addAsWebResource(new StringAsset("home page"), "index.html")
        .addAsWebResource(new StringAsset("own page"), "pages/own.txt");
  }
}
