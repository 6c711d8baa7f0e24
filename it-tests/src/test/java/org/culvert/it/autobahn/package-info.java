/** The Autobahn test suite against the relay and through tunnels. */
package org.culvert.it.autobahn;
