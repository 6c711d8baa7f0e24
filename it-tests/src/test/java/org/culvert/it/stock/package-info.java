/**
 * Tomcat and Jetty as they are downloaded, in processes of their own: applications are dropped in
 * and taken away again, and nothing of them stays.
 */
package org.culvert.it.stock;
