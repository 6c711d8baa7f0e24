/**
 * Matching by the regular expressions of a configuration, within a bound: whatever a client sends,
 * no pattern may keep a thread.
 */
@NullMarked
package org.culvert.regex;

import org.jspecify.annotations.NullMarked;
