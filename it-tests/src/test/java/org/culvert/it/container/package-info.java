/**
 * Containers under test, in this JVM, on loopback and ephemeral ports: Arquillian adapters for
 * Tomcat and Jetty, of which the one takes part whose container is on the class path.
 */
package org.culvert.it.container;
