/**
 * Culvert as a program: nginx's command line, the sockets that {@code listen} names, signals, the
 * pid file and the error log, around an embedded Jetty: {@code Core*} for plain requests, the
 * servlet for upgrades. The <em>front</em> is the shell script {@code culvert}, the parent of this
 * JVM. The demo and its backend live here too.
 */
@NullMarked
package org.culvert.launcher;

import org.jspecify.annotations.NullMarked;
