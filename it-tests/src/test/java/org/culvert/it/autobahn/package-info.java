/** The Autobahn test suite against the relay. */
package org.culvert.it.autobahn;
