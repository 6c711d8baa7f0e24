/**
 * Names that become addresses while requests run: a client of the domain name system (RFC 1035)
 * over UDP, and TCP where an answer does not fit, with a bounded cache. No thread of a request
 * waits. A <em>question</em> is one name and one type of record; a <em>lookup</em> is all questions
 * about one name, for all who wait for it.
 */
@org.jspecify.annotations.NullMarked
package org.culvert.resolver;
