/**
 * Classes of the applications that tests deploy with the proxy's JAR inside. They live in the
 * archives only; no test calls them.
 */
package org.culvert.it.app;
